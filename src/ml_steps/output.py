"""The folder that a command writes to."""

from __future__ import annotations

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
    except OSError as error:
        raise SetupError(
            f"--out {out}: no folder can be made there ({error.strerror}); expected a folder, made if missing; "
            "give another one."
        ) from None


def fresh(out: Path, name: str, *others: str) -> None:
    """Make the folder, or remove what an earlier run of the command left: a failure then leaves no result at all.

    `name` is that of the evidence (empty: none), `others` are files and folders beside it.
    """
    make(out)
    pages = [f"{name}.json", f"{name}.md", f"{name}.html", "junit.xml"] if name else []
    for entry in [*pages, *others]:
        path = out / entry
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
