"""One file of the project with the type of every column, for those who take rows out of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ml_steps.data import csvfile, files, logical
from ml_steps.data.contract import Object, read
from ml_steps.data.infer import infer
from ml_steps.data.places import locate
from ml_steps.data.session import NATIVE, Session, open_session
from ml_steps.data.source import FLOATS, OWN_NAMES, Source, open_source, quoted
from ml_steps.errors import SetupError
from ml_steps.project import Project, nearest

ROW = f"{OWN_NAMES}row"


@dataclass(frozen=True)
class Table:
    """A file that is open: its columns, their kinds, and SQL that yields typed values."""

    session: Session
    source: Source
    kinds: dict[str, str]
    """integer, number, boolean, string, date, timestamp or other, by column."""
    agreed: Object | None
    target: str

    def value(self, name: str) -> str:
        """Return the SQL of a column's typed value, over `rows`."""
        column = quoted(name)
        described = self.agreed.column(name) if self.agreed else None
        kind, native = self.kinds[name], self.source.natives[name]
        if (described and described.logical) or native == "VARCHAR":
            typed = kind in ("integer", "number", "boolean")
            return logical.typed(name, kind, described.options if described else None) if typed else column
        if native in FLOATS:
            return f"CASE WHEN isfinite({_native(name)}) THEN {_native(name)} END"
        return column if native == "JSON" and kind == "string" else _native(name)

    @property
    def rows(self) -> str:
        """Return the table expression with text, native value and row number of everything."""
        columns = []
        for name in self.source.columns:
            column = quoted(name)
            columns.append(f"{self.source.text(name)} AS {column}, {column} AS {_native(name)}")
        numbered = f"row_number() OVER () - 1 AS {quoted(ROW)}"
        return f"(SELECT {', '.join(columns)}, {numbered} FROM {NATIVE}.{quoted(self.source.name)})"

    def where(self, row: int) -> str:
        """Return `file:line` of a row."""
        return locate(self.source, [row])[row]


def _native(name: str) -> str:
    return quoted(f"{OWN_NAMES}native {name}")


@contextmanager
def open_table(project: Project, data: Path, contract: Path | None, role: str, writable: Path) -> Iterator[Table]:
    """Open the training or the holdout file; the other one, where it is there, helps to tell types.

    Raises SetupError when it is missing, cannot be read, or lacks the target or a column that the project names.
    """
    patterns = {"train": project.config.data.train, "holdout": project.config.data.holdout}
    source = open_source(role, *files.find(data, patterns.pop(role)))
    agreed = _object(data, contract, source)
    _check_names(source, agreed, project)
    others = [
        open_source(other, *files.find(data, pattern))
        for other, pattern in patterns.items()
        if files.matches(data, pattern)
    ]
    with open_session([source, *others]) as session:
        session.lock(writable)
        session.finish_checks()
        stated = {column.name: column.logical for column in agreed.columns if column.logical} if agreed else {}
        unknown = [name for name in source.columns if name not in stated]
        kinds = {**stated, **(infer(session, [source, *others], unknown) if unknown else {})}
        yield Table(session, source, kinds, agreed, project.config.evaluate.target)


def _object(data: Path, contract: Path | None, source: Source) -> Object | None:
    for found in read(contract).objects if contract else ():
        if files.matches(data, found.pattern) and files.same(files.find(data, found.pattern).parts, source.parts):
            return found
    return None


def _check_names(source: Source, agreed: Object | None, project: Project) -> None:
    settings = project.config.evaluate
    for key, names in (("target", (settings.target,)), ("slices", settings.slices), ("protected", settings.protected)):
        for name in names:
            if name in source.columns:
                continue
            if csvfile.looks_like_data(source.columns):
                hint = "its first line looks like data: is the header missing?"
            elif agreed and any(column.hidden for column in agreed.columns):  # where line 1 is a row, it is not quoted
                hint = "its columns are not shown, as one is classified: is the header missing?"
            else:
                hint = f"{nearest(name, list(source.columns))}columns: {', '.join(source.columns[:8])}."
            raise SetupError(
                f'{source.path.name} has no column "{name}", which [tool.ml-pipeline.evaluate] {key} of pyproject.toml '
                f"names; {hint}"
            )
