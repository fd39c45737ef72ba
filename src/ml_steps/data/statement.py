"""A statement about data: what is measured, when it holds, and which rows to show. Pure."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ml_steps.data.wording import exactly, percentage, plural
from ml_steps.evidence import State

if TYPE_CHECKING:
    from ml_steps.data.session import Session

_OPERATORS: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "mustBe": ("exactly {0}", operator.eq),
    "mustNotBe": ("anything but {0}", operator.ne),
    "mustBeGreaterThan": ("more than {0}", operator.gt),
    "mustBeGreaterOrEqualTo": ("at least {0}", operator.ge),
    "mustBeLessThan": ("less than {0}", operator.lt),
    "mustBeLessOrEqualTo": ("at most {0}", operator.le),
    "mustBeBetween": ("{0} to {1}", lambda actual, ends: ends[0] <= actual <= ends[1]),
    "mustNotBeBetween": ("not {0} to {1}", lambda actual, ends: not ends[0] <= actual <= ends[1]),
}
OPERATORS = tuple(_OPERATORS)


@dataclass(frozen=True)
class Bound:
    """One of the standard's operators with its value; both ends of a range are inside it."""

    operator: str
    value: Any

    def holds(self, actual: Any) -> bool:
        """True where the actual value satisfies it; NULL, NaN, infinity, and a text for a number satisfy none."""
        if actual is None or (isinstance(actual, float) and not math.isfinite(actual)):
            return False
        if isinstance(actual, str | bool) and self.operator not in ("mustBe", "mustNotBe"):
            return False
        if isinstance(actual, str) != isinstance(self.value, str):
            return False
        value = self.value
        if isinstance(actual, Decimal):  # compared as it is written: no binary fraction is 0.1
            ends = [Decimal(repr(end)) if _is_number(end) else end for end in self.ends]
            value = ends if self.operator.endswith("Between") else ends[0]
        return bool(_OPERATORS[self.operator][1](actual, value))

    @property
    def ends(self) -> list[Any]:
        """Both ends of a range, else the one value."""
        return list(self.value) if self.operator.endswith("Between") else [self.value]

    @property
    def written(self) -> list[str]:
        """The ends as they are shown, numbers with all of their digits."""
        return [exactly(end) for end in self.ends]

    def text(self, unit: str = "") -> str:
        """Say it in words, such as "at most 1 %"."""
        words = _OPERATORS[self.operator][0].format(*self.written)
        return f"{words} {unit}".strip()


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


@dataclass(frozen=True)
class Verdict:
    """What became of a statement, before it is made a check."""

    state: State
    actual: str


Judge = Callable[[tuple[Any, ...], int], Verdict]
"""Takes what was measured and the file's number of rows."""
Measure = Callable[["Session", int], tuple[Any, ...]]
"""Takes the file's number of rows too."""


@dataclass(frozen=True)
class Statement:
    """One thing that must hold of a file.

    Either `aggregates` (SQL aggregates over the text view `r`, taken in the one pass over the file),
    `query` (a query of its own that returns one row) or `measure` (several, each by what the one before
    returned) is measured; `where` is the clause that finds the rows at fault in the same view.
    """

    id: str
    object: str
    subject: str
    expected: str
    judge: Judge
    aggregates: tuple[str, ...] = ()
    query: str = ""
    measure: Measure | None = None
    stated: str = ""
    """`file:line` where `query` is the contract's own SQL."""
    rule: str = ""
    """`file:line` of what the contract says; empty for what holds of any data."""
    where: str = ""
    valid: tuple[str, ...] = ()
    """The values that are valid, as texts: the nearest one is named beside a value that is not."""
    show: str = ""
    """The column whose value is shown beside a place; empty: none is."""
    partner: tuple[str, str] = ("", "")
    """The object in which a row at fault has one like it, and the SQL of that one's number; empty: none is shown."""
    required: bool = True
    detail: str = ""
    reads: tuple[tuple[str, str], ...] = ()
    """Columns, each with its object, that must be there, and of their type in every row, before it can pass."""
    needs_rows: bool = True
    """False for what can be judged of a file without rows."""


def counted(bad: str) -> tuple[str, ...]:
    """Return the aggregate that counts the rows for which a condition is true."""
    return (f"count(*) FILTER (WHERE {bad})",)


def judge_count(bound: Bound, percent: bool = False, noun: str = "") -> Judge:
    """Judge a count of rows, or their share of all rows in percent. No rows satisfy no share."""

    def judge(measured: tuple[Any, ...], rows: int) -> Verdict:
        found = int(measured[0] or 0)
        share = 100 * found / rows if rows else None
        holds = bound.holds(share if percent else found)
        of_all = f" of {rows:,} ({percentage(share, bound.ends if percent else ())})" if share is not None else ""
        return Verdict(State.PASS if holds else State.FAIL, f"{found:,} {noun}".rstrip() + of_all)

    return judge


NONE = Bound("mustBe", 0)


def row_count(owner: str, bound: Bound) -> Statement:
    """Return the statement that bounds a file's number of rows."""

    def judge(_: tuple[Any, ...], rows: int) -> Verdict:
        return Verdict(State.PASS if bound.holds(rows) else State.FAIL, plural(rows, "row"))

    name, expected = f"{owner}.rows", bound.text("row" if bound.value == 1 else "rows")
    return Statement(name, owner, "rows", expected, judge, aggregates=("count(*)",), needs_rows=False)
