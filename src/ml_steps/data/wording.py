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


def visible(name: str) -> str:
    """Quote a name that begins or ends with white space, which nobody would see."""
    return name if name == name.strip() else repr(name)


def plural(count: float, noun: str) -> str:
    """Write a count with its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def asked(rule: str) -> str:
    """Say what to do about a breach of what a contract says at `rule`, its file and line."""
    return f"Mend the data, or what {rule} asks."


def percentage(share: float | None, limits: Sequence[float] = ()) -> str:
    """Write a share given in percent, so that it is not shown as none, as all, or as a limit that it is not."""
    if share is None:
        return "no rows"
    apart = [end for end in (*limits, 100) if not math.isclose(end, share, rel_tol=1e-9)]
    forms = [f"{share:.{digits}g}" if 0 < share < 0.1 else f"{share:.{digits - 1}f}" for digits in range(2, 11)]
    return next((form for form in forms if float(form) not in apart), forms[-1]) + " %"


def number(value: Any) -> str:
    """Write a number with thousands separated, from 100,000 up with all of its digits; anything else as it is."""
    if isinstance(value, float | Decimal) and abs(float(value)) < 100_000:
        return f"{float(value):,.6g}"
    return exactly(value)


def exactly(value: Any) -> str:
    """Write a number with all of its digits; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    if isinstance(value, Decimal):
        written = f"{value:,f}"
        return written.rstrip("0").rstrip(".") if "." in written else written
    return f"{value:,}".removesuffix(".0")
