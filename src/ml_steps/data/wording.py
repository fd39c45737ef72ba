"""How numbers, shares and lists of names are written for a reader. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def listed(names: Sequence[str], most: int = 8) -> str:
    """Write at most so many names."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def plural(count: float, noun: str) -> str:
    """Write a count with its noun."""
    return f"{number(count)} {noun}{'' if count == 1 else 's'}"


def percentage(share: float | None) -> str:
    """Write a share given in percent so that a small one is not shown as none."""
    if share is None:
        return "no rows"
    return f"{share:.1f} %" if share >= 0.1 or share == 0 else f"{share:.2g} %"


def number(value: Any) -> str:
    """Write a number with thousands separated; anything else as it is."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    return f"{value:,}" if isinstance(value, int) else f"{value:,.6g}"
