"""What validation leaves behind besides its checks: the profile of every file, and how it drifted."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, NonNegativeInt, model_validator

from ml_steps.data.distribution import Distribution
from ml_steps.evidence import Evidence, Record


class ColumnProfile(Record):
    """One column; lengths in characters, over the values that are not missing."""

    name: str
    type: str
    """The contract's logicalType, else what the values look like."""
    missing: NonNegativeInt
    min_length: NonNegativeInt | None = None
    max_length: NonNegativeInt | None = None
    hidden: bool = False
    """True where the contract classifies it so that no value is shown."""
    distribution: Distribution | None = None
    """None for dates, timestamps and nested values, and where hidden: then a text shows its lengths alone."""


class FileProfile(Record):
    """One file, under the name of its contract object or its role."""

    name: str
    file: str
    rows: int = Field(ge=0, lt=2**63)
    profiled_rows: NonNegativeInt = 0
    """Rows that the distributions count: all, or a sample of a large file."""
    passes: NonNegativeInt = 1
    """How often its rows were read: once for all checks of single columns, again for what compares rows."""
    columns: list[ColumnProfile]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len({column.name for column in self.columns}) < len(self.columns):
            raise ValueError("a file needs each column once")
        if self.profiled_rows > self.rows:
            raise ValueError(f"profiled_rows is {self.profiled_rows:,}; expected at most its rows, {self.rows:,}")
        for column in self.columns:
            if column.distribution and column.distribution.rows != self.profiled_rows:
                raise ValueError(
                    f"the distribution of {column.name} counts {column.distribution.rows:,} rows; expected the file's "
                    f"profiled_rows, {self.profiled_rows:,}"
                )
        return self


class ColumnDrift(Record):
    """One column compared with the reference; shares from 0 to 1."""

    object: str
    column: str
    measure: Literal["kolmogorov_smirnov", "total_variation"]
    distance: float
    threshold: float
    p_value: float
    p_adjusted: float
    """After Holm's correction over all columns compared."""
    drifted: bool


class DataEvidence(Evidence):
    """What validate_data found."""

    stage: Literal["validate_data"] = "validate_data"
    files: list[FileProfile] = Field(default_factory=list)
    drift: list[ColumnDrift] = Field(default_factory=list)
