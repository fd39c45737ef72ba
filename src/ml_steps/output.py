"""The folder that a command writes to."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ml_steps.errors import SetupError


@contextmanager
def none_empty(out: Path | None) -> Iterator[None]:
    """Take away the folders that were made for a command that then failed, where it left nothing in them."""
    made = [folder for folder in (out, *out.parents) if not folder.exists()] if out else []
    try:
        yield
    except BaseException:
        with suppress(OSError):  # one that is not empty, and those around it, stay
            for folder in made:
                folder.rmdir()
        raise


def make(out: Path) -> None:
    """Make the folder where it is missing.

    Raises SetupError when a file stands in its place, or it must not be written to.
    """
    try:
        out.mkdir(parents=True, exist_ok=True)
        if not os.access(out, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise SetupError(
            f"--out {out}: no folder can be made or written to there ({error.strerror}); expected a folder, made if "
            "missing; give another one."
        ) from None


def fresh(out: Path, name: str, *others: str, folder: str = "") -> None:
    """Make the folder, or remove what an earlier run of the command left: a failure then leaves no result at all.

    `name` is that of the evidence (empty: none), `others` are files beside it, and `folder` is one that comes with the
    first of these. Raises SetupError where that folder is there without it: it may be somebody's own.
    """
    make(out)
    files, inside = _files(name, others), out / folder
    alone = folder != "" and inside.is_dir() and any(inside.iterdir()) and not (out / files[0]).is_file()
    if alone or (folder and inside.is_symlink()):
        raise SetupError(
            f"--out {out}: the folder holds {folder} and no {files[0]} beside it, so that it may be no earlier run's; "
            f"give another one, or remove {folder}."
        )
    if odd := [file for file in files if (out / file).is_dir()]:
        raise SetupError(f"--out {out}: {odd[0]} is a folder there; expected a file or nothing; give another one.")
    _remove(out, files, folder)


@contextmanager
def whole(out: Path, name: str, *others: str, folder: str = "") -> Iterator[None]:
    """Do as `fresh` does, and remove what is there where the block is left by an error or from outside."""
    fresh(out, name, *others, folder=folder)
    try:
        yield
    except BaseException:
        _remove(out, _files(name, others), folder)
        raise


def _files(name: str, others: tuple[str, ...]) -> list[str]:
    pages = [f"{name}.json", f"{name}.md", f"{name}.html", "junit.xml"] if name else []
    return [*pages, *others]


def _remove(out: Path, files: list[str], folder: str) -> None:
    for file in files:
        (out / file).unlink(missing_ok=True)
    if folder and (out / folder).is_dir():
        shutil.rmtree(out / folder)
