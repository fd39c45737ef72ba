"""A few hundred broken files; `python -m tests.fuzz` tries as many as you like."""

from __future__ import annotations

import pytest

from tests import fuzz
from tests.parquet_peer import BEYOND, Value, alike


def test_broken_files_are_read_as_plain_python_does() -> None:
    outcomes, difference = fuzz.run(400, seed=1)
    assert difference == ""
    for suffix in (".csv", ".csv.gz", ".csv.zst", ".jsonl", ".parquet"):
        assert outcomes[f"{suffix} read"] > 10
        assert outcomes[f"{suffix} refused"] > 10


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("1", "2"), ("", None), (None, ""), ("0.5", 0.25), (None, 0.5), ("nan", float("nan")), (None, BEYOND)],
)
def test_parquet_read_differently_is_told_apart(ours: str | None, theirs: Value) -> None:
    assert not alike([(ours,)], [(theirs,)])


def test_rows_and_columns_too_many_are_told_apart() -> None:
    assert alike([("1", "0.50")], [("1", 0.5)])
    assert not alike([("1",), ("1",)], [("1",)])
    assert not alike([("1", None)], [("1",)])
