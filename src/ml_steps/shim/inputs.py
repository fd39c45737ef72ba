"""The files that `inputs` of a stage names, which must be there: a command that misses one fails obscurely."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from . import record


def refuse_missing(stage: str, inputs: Iterable[str], but: str = "") -> None:
    """Stop at the first name or glob that finds nothing in the working directory; `but` says what is never there."""
    for pattern in inputs:
        if not any(Path().glob(pattern)):
            raise record.Stop(
                record.SETUP,
                f'{stage}: inputs name "{pattern}", which is not there{but}; expected a file or folder of the project; '
                f"correct it in [tool.ml-pipeline.{stage}] of pyproject.toml.",
            )
