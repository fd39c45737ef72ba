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
            "missing; "
            "give another one."
        ) from None


def fresh(out: Path, name: str, *others: str, folder: str = "") -> None:
    """Make the folder, or remove what an earlier run of the command left: a failure then leaves no result at all.

    `name` is that of the evidence (empty: none), `others` are files beside it, and `folder` is one that comes with the
    first of these. Raises SetupError where that folder is there alone: it is somebody's own.
    """
    make(out)
    pages = [f"{name}.json", f"{name}.md", f"{name}.html", "junit.xml"] if name else []
    files = [*pages, *others]
    inside = out / folder
    there = folder != "" and inside.is_dir()
    if there and (inside.is_symlink() or (any(inside.iterdir()) and not (out / files[0]).is_file())):
        raise SetupError(
            f"--out {out}: the folder holds {folder}, which no earlier run left there; expected a new or empty folder, "
            "or that of an earlier run; give another one."
        )
    for entry in files:
        (out / entry).unlink(missing_ok=True)
    if there:
        shutil.rmtree(inside)
