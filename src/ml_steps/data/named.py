"""The columns that pyproject.toml names, looked for before anything is computed from a file."""

from __future__ import annotations

from collections.abc import Collection

from ml_steps.data import csvfile
from ml_steps.data.contract import Object
from ml_steps.data.source import Source
from ml_steps.errors import SetupError
from ml_steps.project import Project, nearest

_MOST_SHOWN = 8


def check_names(
    source: Source, agreed: Object | None, project: Project, role: str, settled: Collection[str] = ()
) -> None:
    """Raise SetupError, naming the key, for a named column that the file of the role (train, holdout) does not have.

    `agreed` is the contract's object that describes the file; `settled` are columns that another check judges.
    """
    settings, table = project.config.evaluate, "[tool.ml-pipeline.evaluate]"
    asked = [
        (f"{table} target", (settings.target,)),
        (f"{table} slices", settings.slices),
        (f"{table} protected", settings.protected),
        ("group of a [[tool.ml-pipeline.gate]] rule", project.groups if role == "holdout" else ()),
    ]
    for key, names in asked:
        for name in names:
            if name not in source.columns and name not in settled:
                raise SetupError(
                    f'{source.path.name} has no column "{name}", which {key} of pyproject.toml names; '
                    f"{_hint(name, source, agreed)}"
                )


def _hint(name: str, source: Source, agreed: Object | None) -> str:
    if csvfile.looks_like_data(source.columns):
        return "its first line looks like data: is the header missing?"
    if agreed and any(column.hidden for column in agreed.columns):  # where line 1 is a row, it is not quoted
        return "its columns are not shown, as one is classified: is the header missing?"
    return f"{nearest(name, list(source.columns))}columns: {', '.join(source.columns[:_MOST_SHOWN])}."
