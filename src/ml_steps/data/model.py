"""What validation leaves behind besides its checks: the shape of every file. No values."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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


class FileProfile(Record):
    """One file, under the name of its contract object or its role."""

    name: str
    file: str
    rows: int
    passes: int = 1
    """How often the file was read: once for all checks of single columns, again for what compares rows."""
    columns: list[ColumnProfile]


class DataEvidence(Evidence):
    """What validate_data found."""

    stage: Literal["validate_data"] = "validate_data"
    files: list[FileProfile] = Field(default_factory=list)
