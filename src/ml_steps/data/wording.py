"""How numbers, shares and lists of names are written for a reader. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any


def listed(names: Sequence[str], most: int = 8) -> str:
    """Write at most so many names."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def plural(count: float, noun: str) -> str:
    """Write a count with its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def percentage(share: float | None, limits: Sequence[float] = ()) -> str:
    """Write a share given in percent, so that it is not shown as none, as all, or as a limit that it is not."""
    if share is None:
        return "no rows"
    if 0 < share < 0.1:
        return f"{share:.2g} %"
    apart = [end for end in (*limits, 100) if not math.isclose(end, share, rel_tol=1e-9)]
    digits = next((digits for digits in range(1, 9) if float(f"{share:.{digits}f}") not in apart), 9)
    return f"{share:.{digits}f} %"


def number(value: Any) -> str:
    """Write a number with thousands separated, from 100,000 up with all of its digits; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    return f"{value:,.6g}" if isinstance(value, float) and abs(value) < 100_000 else exactly(value)


def exactly(value: float | Decimal) -> str:
    """Write a number with all of its digits."""
    return f"{value:,}".removesuffix(".0")
