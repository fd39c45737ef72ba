"""Whether the classes of a target lie wholly apart in a column, by what was measured of each class. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

LEAST_ROWS = 20
ROWS_A_VALUE = 10
"""With fewer rows for each value a match may be chance."""
MOST_CLASSES = 50
"""A target of more values has no classes."""
MOST_VALUES = 1_000
"""A column of more values is not compared value by value."""
MOST_MISSING = 0.01
"""Share of the rows: what is missing tells no range, so the values of a column that lacks more are not compared."""


@dataclass(frozen=True)
class Cell:
    """What was measured of a column in the rows of one class, or in all."""

    there: int
    """Rows in which it is not missing."""
    typed: int
    """Those in which it is of the kind that is compared, such as a number."""
    low: float | None
    """The smallest of these; None where there is none."""
    high: float | None


@dataclass(frozen=True)
class Measured:
    """A column as one kind of value; `by_value`: compared value by value, with their number as `low` and `high`."""

    by_value: bool
    rows: int
    every: Cell
    classes: Sequence[Cell]
    """Those in which it is not wholly missing."""

    def apart(self) -> bool:
        """True where no value is in two classes, or no range meets another.

        It holds of the whole file only if it holds of any part in which as little is missing.
        """
        if self.every.typed < self.every.there or self.rows - self.every.there > MOST_MISSING * self.rows:
            return False
        filled = [(one.low, one.high) for one in self.classes if one.low is not None and one.high is not None]
        if self.by_value:
            return sum(low for low, _ in filled) == (self.every.low or 0) <= MOST_VALUES
        return all(below[1] < above[0] for below, above in pairwise(sorted(filled)))

    def sound(self, classes: int) -> bool:
        """True where that is no chance: each of the classes has a value, and each value enough rows."""
        values = self.every.low if self.by_value else 0
        return len(self.classes) == classes and self.every.typed >= ROWS_A_VALUE * (values or 0)

    def one_to_one(self) -> bool:
        """True where what lies apart is one value for each class, in every row."""
        return self.by_value and self.every.there == self.rows and all(one.low == 1 for one in self.classes)


@dataclass(frozen=True)
class Presence:
    """Whether a column has a value, where that says the class, as the day on which a customer left does."""

    rows: int
    there: int
    """Rows in which it is not missing."""
    of_classes: int
    """Rows of the classes in which it is ever there."""

    def apart(self) -> bool:
        """True where it is there in all rows of some classes and in none of the others.

        A part of a file may hold one class, which has it throughout: its values, which then lie apart, keep it in view.
        """
        return self.of_classes < self.rows and self.of_classes - self.there <= MOST_MISSING * self.of_classes

    def sound(self, _: int) -> bool:
        """True where that is no chance."""
        return min(self.there, self.rows - self.of_classes) >= ROWS_A_VALUE

    def one_to_one(self) -> bool:
        """Return False: nothing else says it."""
        return False


def enough(classes: Sequence[int]) -> bool:
    """True where classes of so many rows hardly lie apart by chance, as a class of a single row often does."""
    rows, most = sum(classes), max(classes, default=0)
    return len(classes) <= MOST_CLASSES and rows >= ROWS_A_VALUE * len(classes) and rows - most >= ROWS_A_VALUE
