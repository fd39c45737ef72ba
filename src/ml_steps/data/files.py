"""Find what a name or glob of the data folder means: one file, or parts with one schema."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from ml_steps.data.wording import listed
from ml_steps.errors import SetupError
from ml_steps.stages import DATA_FORMATS, DataFormat

NEXT_STEP = (
    "name the file in [tool.ml-pipeline.data] of pyproject.toml (train, holdout) or pass another folder with --data"
)

GIT_LFS = b"version https://git-lfs.github.com/spec/"
"""How a pointer begins that stands in a checkout for a file which Git LFS did not bring."""


class Found(NamedTuple):
    """What a pattern means: the file, or the folder or glob of its parts, and the parts in the order of their names."""

    path: Path
    parts: tuple[Path, ...]


def format_of(path: Path) -> DataFormat | None:
    """Return the format that a file's name says, or None for one that is not read."""
    name = path.name.lower()
    return next((known for known in DATA_FORMATS if name.endswith(f".{known}")), None)


def known_format(path: Path) -> DataFormat:
    """Return the format of a file found here.

    Raises SetupError for a name that says none of those that are read.
    """
    found = format_of(path)
    if path.is_dir():
        raise SetupError(
            f"{path.name}: this is a folder within the folder of parts; expected files; name them with a glob, such as "
            f"{path.parent.name}/*/*.parquet (what the folders' names say is then no column)."
        )
    if found is None:
        raise SetupError(f"{path.name}: the format is not read; expected a file ending in .{', .'.join(DATA_FORMATS)}.")
    return found


def matches(directory: Path, pattern: str, *, mend: str = NEXT_STEP) -> bool:
    """True where a folder or a file of a known format matches. Raises SetupError for what is no pattern."""
    return any(path.is_dir() or format_of(path) for path in _matches(directory, pattern, mend))


def find(directory: Path, pattern: str, *, mend: str = NEXT_STEP) -> Found:
    """Return what `pattern`, an exact name or a glob, means in `directory`.

    One file is itself. A folder, and a glob that does not end in ".*" (which leaves only the format open), stand
    for all parts in them; a folder's names that begin with a dot or an underscore are passed over. `mend` is what to
    do where the pattern finds nothing or too much.

    Raises SetupError when the folder is missing, nothing or too much matches, the parts differ in format, or a
    file is a broken link, empty, or only the pointer of Git LFS or DVC to it.
    """
    if not directory.is_dir():
        what = "is a file" if directory.exists() else "does not exist"
        raise SetupError(
            f"The data folder {directory} {what}; expected a folder that holds {pattern}; pass it with --data."
        )
    found = _matches(directory, pattern, mend)
    named = [path for path in found if path.is_dir() or format_of(path)]
    if not named:
        other = f" ({found[0].name} is in none of the formats .{', .'.join(DATA_FORMATS)})" if found else ""
        if pointer := next((path for path in sorted(directory.glob(f"{pattern}.dvc")) if path.is_file()), None):
            other, mend = f" ({pointer.name} says where DVC keeps it)", "run `dvc pull` first, or " + mend
        raise SetupError(
            f"{directory}: no file matches {pattern}{other}; the folder holds {_holds(directory)}; {mend}."
        )
    if len(named) == 1:
        path = named[0]
        return Found(path, _parts(path, _in_folder(path)) if path.is_dir() else (_usable(path, path.name),))
    if pattern.endswith(".*"):
        names = ", ".join(path.name for path in named[:5])
        raise SetupError(
            f"{directory}: {len(named)} files match {pattern} ({names}); expected exactly one; "
            f"remove the others, or {mend}; for parts, name their folder."
        )
    return Found(directory / pattern, _parts(directory / pattern, found))


def name_of(part: Path, path: Path, parts: Sequence[Path]) -> str:
    """Return a part's name, with its folder where the parts are those of the folder `path` or lie in several."""
    above = path.parent if path.is_dir() else Path(os.path.commonpath([one.parent for one in parts]))
    return part.relative_to(above).as_posix()


def same(one: tuple[Path, ...], other: tuple[Path, ...]) -> bool:
    """True where two patterns mean the same files, links followed."""
    return [path.resolve() for path in one] == [path.resolve() for path in other]


def sha256(parts: tuple[Path, ...]) -> str:
    """Return the hex digest of the bytes of a file, or of its parts one after the other."""
    digest = hashlib.sha256()
    for path in parts:
        with path.open("rb") as file:
            hashlib.file_digest(file, lambda: digest)
    return digest.hexdigest()


def _matches(directory: Path, pattern: str, mend: str) -> list[Path]:
    if Path(pattern).is_absolute() or ".." in Path(pattern).parts:
        raise SetupError(f"{pattern!r} leads out of the data folder {directory}; {mend}.")
    exact = directory / pattern
    if pattern and (exact.exists() or exact.is_symlink()) and exact != directory:
        return [exact]
    try:
        matches = sorted(directory.glob(pattern))
    except ValueError as error:
        raise SetupError(f"{pattern!r} is no file name or glob ({error}); {mend}.") from None
    return [path for path in matches if path.exists() or path.is_symlink()]


def _in_folder(path: Path) -> list[Path]:
    return sorted(part for part in path.iterdir() if not part.name.startswith((".", "_")))


def _parts(path: Path, found: list[Path]) -> tuple[Path, ...]:
    """Check that these can be read as one table: they are files, and of one format."""
    if not found:
        raise SetupError(f"{path}: the folder holds no data; expected files ending in .{', .'.join(DATA_FORMATS)}.")
    kind = known_format(found[0])
    for part in found:
        if part.is_dir() or format_of(part) != kind:
            raise SetupError(
                f"{path}: {part.name} is no .{kind} file, as {found[0].name} is; expected parts of one format; move it."
            )
    return tuple(_usable(part, name_of(part, path, found)) for part in found)


def _usable(path: Path, name: str) -> Path:
    if not path.exists():
        raise SetupError(
            f"{path}: the link leads nowhere ({path.readlink()}); put the file there or mend the link. On a Dagger "
            "engine it must lie in the data folder."
        )
    if path.stat().st_size == 0:
        raise SetupError(f"{name}: the file is empty (0 bytes); expected a header and rows; produce it again.")
    with path.open("rb") as file:
        if file.read(len(GIT_LFS)) == GIT_LFS:
            raise SetupError(
                f"{name}: this is Git LFS's pointer to the file, not the file; run `git lfs pull`, "
                "or check it out with LFS (actions/checkout: `lfs: true`)."
            )
    return path


def _holds(directory: Path) -> str:
    names = sorted(path.name for path in directory.iterdir())
    return listed(names) or "nothing"
