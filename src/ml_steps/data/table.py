"""One file of the project with the type of every column, for those who take rows out of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_steps.data import files, logical, objects
from ml_steps.data.contract import Column, Contract, Object, read
from ml_steps.data.infer import KIND_OF, narrowest
from ml_steps.data.kindless import kindless
from ml_steps.data.named import check_names
from ml_steps.data.places import locate
from ml_steps.data.session import NATIVE, Session, open_session
from ml_steps.data.source import FLOATS, OWN_NAMES, TEXT_TYPE, Source, is_nested, open_source, quoted
from ml_steps.project import Project

_TYPED = ("integer", "number", "boolean")
ROW = f"{OWN_NAMES}row"


@dataclass(frozen=True)
class Table:
    """A file that is open: its columns, their kinds, and SQL that yields typed values."""

    session: Session
    source: Source
    kinds: dict[str, str]
    """integer, number, boolean, string, date, timestamp or other, by column."""
    contract: Contract | None
    agreed: Object | None
    """The contract's object that describes the file."""
    target: str
    unsigned: frozenset[str]
    """Columns without a type in the contract whose integers need unsigned 64 bits."""

    def described(self, name: str) -> Column | None:
        """Return what the contract says of a column, if anything."""
        return self.agreed.column(name) if self.agreed else None

    def value(self, name: str) -> str:
        """Return the SQL of a column's typed value, over `rows`; NULL where it is missing."""
        described = self.described(name)
        kind, native = self.kinds[name], self.source.natives[name]
        if native.startswith("TIMESTAMP") and not is_nested(native):
            return _iso(_native(name), native)
        text = logical.typed(name, None, self.options(name))
        if (described and described.logical) or native == TEXT_TYPE or (native == "JSON" and kind != "other"):
            return logical.typed(name, kind, self.options(name)) if kind in _TYPED else text
        if native in FLOATS:
            return f"CASE WHEN isfinite({_native(name)}) THEN {_native(name)} END"
        # As JSON has it: 0.1 of a decimal is not the 0.1 that a predictor answers.
        fraction = native.startswith("DECIMAL") and not native.endswith((",0)", "]"))
        return f"CAST({_native(name)} AS DOUBLE)" if fraction else _native(name)

    def infinite(self, name: str) -> str | None:
        """Return the SQL that is true where a number is infinite, or NaN in a list; None where no value can be."""
        native = self.source.natives[name]
        if native in FLOATS:
            return f"coalesce(isinf({_native(name)}), false)"
        if self.source.floats_inside(name):
            return logical.infinite_inside(_native(name))
        written = native in (TEXT_TYPE, "JSON") and self.kinds[name] == "number"
        return logical.infinite(logical.listed_as_null(name, self.options(name))) if written else None

    def options(self, name: str) -> dict[str, Any]:
        """Return what the contract says of a column's type and of what is missing in it, and the width of integers."""
        stated = self.agreed.options(name) if self.agreed else {}
        return stated | {"format": "u64"} if name in self.unsigned else stated

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


def _iso(moment: str, native: str) -> str:
    """Return the SQL of a Parquet timestamp as ISO 8601, which every Python reads; one with a zone is in UTC."""
    zone, moment = ("+00:00", f"{moment} AT TIME ZONE 'UTC'") if "ZONE" in native else ("", f"{moment}::TIMESTAMP")
    return f"replace(strftime({moment}, '%Y-%m-%dT%H:%M:%S.%f'), '.000000', '') || '{zone}'"


def _native(name: str) -> str:
    return quoted(f"{OWN_NAMES}native {name}")


@contextmanager
def open_table(project: Project, data: Path, contract: Path | None, role: str, writable: Path) -> Iterator[Table]:
    """Open the training or the holdout file; the other one, where it is there, helps to tell types.

    Raises SetupError when it is missing, cannot be read, or lacks the target or a column that the project names, or
    when the target's values are of several kinds, or nested.
    """
    patterns = {"train": project.config.data.train, "holdout": project.config.data.holdout}
    stated = read(contract) if contract else None
    pattern = patterns.pop(role)
    file = files.find(data, pattern)
    agreed = objects.describing(data, stated, file, f'{role} = "{pattern}"') if stated else None
    source = open_source(role, *file)
    check_names(source, agreed, project, role)
    others = [
        open_source(other, *files.find(data, pattern))
        for other, pattern in patterns.items()
        if files.matches(data, pattern)
    ]
    with open_session([source, *others]) as session:
        session.lock(writable)
        session.finish_checks()
        kinds = {column.name: column.logical for column in agreed.columns if column.logical} if agreed else {}
        unknown = [name for name in source.columns if name not in kinds]
        told = narrowest(session, [source, *others], unknown, agreed) if unknown else {}
        kinds |= {name: KIND_OF.get(kind, kind) for name, kind in told.items()}
        target, unsigned = project.config.evaluate.target, frozenset(name for name in told if told[name] == "unsigned")
        if kinds[target] == "other":
            raise kindless(session, [source, *others], target)
        yield Table(session, source, kinds, stated, agreed, target, unsigned)
