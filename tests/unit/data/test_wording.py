"""How numbers and shares are written."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ml_steps.data.wording import number, percentage


@pytest.mark.parametrize(
    ("share", "limits", "written"),
    [
        (None, (), "no rows"),
        (0, (), "0.0 %"),
        (100, (), "100.0 %"),
        (0.0123, (), "0.012 %"),
        (51.23, (), "51.2 %"),
        (99.97, (), "99.97 %"),
        (99.9999, (), "99.9999 %"),
        (1.004, (1,), "1.004 %"),
        (1, (1,), "1.0 %"),
        (100 * 0.28, (28,), "28.0 %"),
        (9.96, (10, 50), "9.96 %"),
        (0.0501, (0.05,), "0.0501 %"),
        (0.0999, (0.1,), "0.0999 %"),
        (0.09999, (0.1,), "0.09999 %"),
    ],
)
def test_a_share_is_not_rounded_to_a_limit_that_it_is_not(
    share: float | None, limits: tuple[float, ...], written: str
) -> None:
    assert percentage(share, limits) == written


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (1234567, "1,234,567"),
        (0.1 + 0.2, "0.3"),
        (2 / 3, "0.666667"),
        (1234567.89, "1,234,567.89"),
        (200_000.0, "200,000"),
        (-1234567.5, "-1,234,567.5"),
        (1e300, "1e+300"),
        (Decimal("10090071992547408.95"), "10,090,071,992,547,408.95"),
        (Decimal(100) / 3, "33.3333"),
        (Decimal("0E-10"), "0"),
        (Decimal("1.50"), "1.5"),
        (Decimal("200000.10"), "200,000.1"),
        (Decimal(300_000), "300,000"),
        (True, "True"),
        ("text", "text"),
    ],
)
def test_a_large_number_is_written_with_all_of_its_digits(value: object, written: str) -> None:
    assert number(value) == written
