"""Find the one file that a name or glob of the data folder means."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Literal

from ml_steps.errors import SetupError

Format = Literal["csv", "csv.gz", "parquet", "jsonl"]
FORMATS: tuple[Format, ...] = ("csv", "csv.gz", "parquet", "jsonl")
_NEXT_STEP = (
    "name the file in [tool.ml-pipeline.data] of pyproject.toml (train, holdout) or pass another folder with --data"
)


def format_of(path: Path) -> Format | None:
    """Return the format that a file's name says, or None for one that is not read."""
    name = path.name.lower()
    return next((known for known in FORMATS if name.endswith(f".{known}")), None)


def known_format(path: Path) -> Format:
    """Return the format of a file found here.

    Raises SetupError for a name that says none of those that are read.
    """
    found = format_of(path)
    if found is None:
        raise SetupError(f"{path.name}: the format is not read; expected a file ending in .{', .'.join(FORMATS)}.")
    return found


def find(directory: Path, pattern: str) -> Path:
    """Return the file in `directory` that `pattern`, an exact name or a glob, means.

    Raises SetupError when the folder is missing, nothing or more than one file matches, or the file is
    a broken link or empty.
    """
    if not directory.is_dir():
        what = "is a file" if directory.exists() else "does not exist"
        raise SetupError(
            f"The data folder {directory} {what}; expected a folder that holds {pattern}; pass it with --data."
        )
    found = _matches(directory, pattern)
    readable = [path for path in found if format_of(path)]
    if not readable:
        other = f" ({found[0].name} is in none of the formats .{', .'.join(FORMATS)})" if found else ""
        raise SetupError(
            f"{directory}: no file matches {pattern}{other}; the folder holds {_holds(directory)}; {_NEXT_STEP}."
        )
    if len(readable) > 1:
        names = ", ".join(path.name for path in readable[:5])
        raise SetupError(
            f"{directory}: {len(readable)} files match {pattern} ({names}); expected exactly one; "
            f"remove the others, or {_NEXT_STEP}."
        )
    return _usable(readable[0])


def sha256(path: Path) -> str:
    """Return the hex digest of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _matches(directory: Path, pattern: str) -> list[Path]:
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise SetupError(f"{pattern!r} leads out of the data folder {directory}; {_NEXT_STEP}.")
    exact = directory / pattern
    if pattern and (exact.is_file() or exact.is_symlink()):
        return [exact]
    try:
        matches = sorted(directory.glob(pattern))
    except ValueError as error:
        raise SetupError(f"{pattern!r} is no file name or glob ({error}); {_NEXT_STEP}.") from None
    return [path for path in matches if path.is_file() or (path.is_symlink() and not path.exists())]


def _usable(path: Path) -> Path:
    if not path.exists():
        raise SetupError(f"{path}: the link leads nowhere ({path.readlink()}); put the file there or mend the link.")
    if path.stat().st_size == 0:
        raise SetupError(f"{path}: the file is empty (0 bytes); expected a header and rows; produce it again.")
    return path


def _holds(directory: Path) -> str:
    names = sorted(path.name for path in directory.iterdir())
    more = f" and {len(names) - 8} more" if len(names) > 8 else ""
    return (", ".join(names[:8]) or "nothing") + more
