"""How the values of one column are spread: counts over fixed bins, or over named categories."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from ml_steps.evidence import Record


class Bins(Record):
    """Counts of numbers, or of lengths in characters, between edges.

    Bin i holds what is more than edge i-1 and at most edge i; the first and the last bin are open. The edges are
    quantiles of the values that were profiled first and stay fixed from then on.
    """

    kind: Literal["number", "length"]
    edges: list[float]
    counts: list[NonNegativeInt]
    """One more than edges."""
    empty: NonNegativeInt
    """Rows without a value of that kind."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.counts) != len(self.edges) + 1 or any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError("bins need ascending edges and one count more than edges")
        return self

    @property
    def rows(self) -> int:
        """All rows, those without a value too."""
        return sum(self.counts) + self.empty


class Categories(Record):
    """Counts of every value that there is, the most frequent first."""

    kind: Literal["category"] = "category"
    names: list[str] = Field(min_length=1)
    counts: list[NonNegativeInt]
    empty: NonNegativeInt
    """Rows without a value."""
    rare: NonNegativeInt = 0
    """Rows of other values, where only those that another profile names were counted, and frequent ones."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.counts) != len(self.names) or len(set(self.names)) < len(self.names):
            raise ValueError("categories need a count for each name, and each name once")
        return self

    @property
    def rows(self) -> int:
        """All rows, those without a value too."""
        return sum(self.counts) + self.empty + self.rare


Distribution = Annotated[Bins | Categories, Field(discriminator="kind")]
