"""What validation leaves behind besides its checks: the profile of every file, and how it drifted."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ml_steps.data.distribution import Distribution
from ml_steps.evidence import Evidence, Record


class ColumnProfile(Record):
    """One column; lengths in characters, over the values that are not missing."""

    name: str
    type: str
    """The contract's logicalType, else what the values look like."""
    missing: int
    min_length: int | None = None
    max_length: int | None = None
    hidden: bool = False
    """True where the contract classifies it so that no value is shown."""
    distribution: Distribution | None = None
    """None for dates, timestamps and nested values, and where hidden: then a text shows its lengths alone."""


class FileProfile(Record):
    """One file, under the name of its contract object or its role."""

    name: str
    file: str
    rows: int
    profiled_rows: int = 0
    """Rows that the distributions count: all, or a sample of a large file."""
    passes: int = 1
    """How often the file was read: once for all checks of single columns, again for what compares rows."""
    columns: list[ColumnProfile]


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
