"""The project in a folder of this machine."""

from __future__ import annotations

from pathlib import Path

from ml_steps import stages
from ml_steps.errors import SetupError
from ml_steps.project import MARKERS, Project, parse_project


def in_project(folder: Path) -> bool:
    """Tell whether a folder is a project's root, or lies in one that has a pyproject.toml."""
    root = any((folder / name).exists() for name in MARKERS)
    return root or any((parent / "pyproject.toml").exists() for parent in folder.resolve().parents)


def read_project(source: Path) -> Project:
    """Read the project in a folder.

    Raises SetupError when the folder is not there, is no project, or is configured wrongly.
    """
    if not source.is_dir():
        raise SetupError(f"--source {source}: there is no such folder; expected the project's root.")
    names = frozenset(path.name for path in source.iterdir())
    texts = {}
    for name in sorted(names & {"pyproject.toml", *stages.LINT_SETTINGS}):
        try:
            texts[name] = (source / name).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SetupError(
                f"{name}: cannot be read ({error}); expected a text file in UTF-8; mend it there."
            ) from None
    return parse_project(texts.pop("pyproject.toml", None), names, texts)
