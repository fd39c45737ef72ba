"""The holdout as a predictor gets it, typed and without the target, and the targets beside it."""

from __future__ import annotations

from pathlib import Path

from ml_steps.data import files, logical, sample
from ml_steps.data.source import literal, quoted
from ml_steps.data.table import ROW, Table, open_table
from ml_steps.errors import SetupError
from ml_steps.evidence import canonical
from ml_steps.project import Project

ROWS, TARGETS, HOLDOUT = "rows.jsonl", "targets.parquet", "holdout.json"


def write_rows(project: Project, data: Path, contract: Path | None, out: Path, *, limit: int | None = None) -> None:
    """Write the holdout to `out`/rows.jsonl and `out`/targets.parquet, in file order, and its digest to holdout.json.

    rows.jsonl has an object a row with typed values, without the target and the protected columns.
    targets.parquet has the columns row (counted from 0), target, and under their own names those that are sliced,
    protected, or that a gate rule groups by. `limit` keeps at most so many rows, always the same.

    Raises SetupError, naming column and line, for a missing target or group column, a row without a target, or a
    value that is not of its column's type.
    """
    settings = project.config.evaluate
    # In any case, as DuckDB tells names apart; a target of that name is the column itself.
    names = [name for name in project.carried if not name == settings.target == "target"]
    clash = sorted(name for name in names if name.casefold() in ("row", "target"))
    if clash:
        raise SetupError(f'The column "{clash[0]}" has a name that {TARGETS} uses itself; rename the column.')
    out.mkdir(parents=True, exist_ok=True)
    with open_table(project, data, contract, "holdout", out) as table:
        _check_values(table)
        if project.config.task == "regression" and table.kinds[table.target] not in ("integer", "number"):
            raise SetupError(
                f'{table.source.path.name}: the target "{table.target}" is {table.kinds[table.target]}; expected '
                'numbers for task = "regression".'
            )
        kept = ""
        if limit is not None:
            chosen = sample.chosen(table, limit, project.config.task == "classification")
            kept = f"WHERE {quoted(ROW)} IN ({chosen})"
        source = f"FROM {table.rows} {kept} ORDER BY {quoted(ROW)}"
        values = [f"{table.value(name)} AS {quoted(name)}" for name in settings.inputs(table.source.columns)]
        if not values:
            raise SetupError(
                f"{table.source.path.name}: no input column is left beside the target and the protected ones."
            )
        _copy(table, f"SELECT {', '.join(values)} {source}", out / ROWS, "json")
        carried = [f"{table.value(name)} AS {quoted(name)}" for name in project.carried if name != "target"]
        number = f"row_number() OVER (ORDER BY {quoted(ROW)}) - 1 AS row"
        columns = [number, f"{table.value(table.target)} AS target", *carried]
        _copy(table, f"SELECT {', '.join(columns)} {source}", out / TARGETS, "parquet")
        digest = files.sha256(table.source.parts)
        described = {"file": table.source.path.name, "sha256": digest, "smoke": limit is not None}
    (out / HOLDOUT).write_text(canonical(described), encoding="utf-8")


def _copy(table: Table, query: str, path: Path, kind: str) -> None:
    table.session.rows(f"COPY ({query}) TO {literal(str(path.resolve()))} (FORMAT {kind})")


def _check_values(table: Table) -> None:
    """Refuse an empty file, a row without target, an infinite number, and a value that is not of its column's type."""
    wrong = {table.target: logical.missing(table.target, table.options(table.target))}
    for name, kind in table.kinds.items():
        described = table.described(name)
        if name not in table.source.columns:
            continue
        stated = described and described.logical
        invalid = logical.invalid(name, kind, table.options(name)) if stated else table.infinite(name)
        if invalid:
            wrong[name] = f"({wrong[name]} OR {invalid})" if name in wrong else invalid
    measures = [f"min({quoted(ROW)}) FILTER (WHERE {bad})" for bad in wrong.values()]
    count, *first = table.session.rows(f"SELECT count(*), {', '.join(measures)} FROM {table.rows}")[0]
    if not count:
        raise SetupError(
            f"{table.source.path.name}: the file has no rows; expected at least one to evaluate on; produce it again, "
            "or name another in [tool.ml-pipeline.data] holdout."
        )
    for name, row in zip(wrong, first, strict=True):
        if row is not None:
            raise SetupError(f"{table.where(row)}: {_complaint(table, name)}")


def _complaint(table: Table, name: str) -> str:
    described = table.described(name)
    if name != table.target and not (described and described.logical):
        what = "an infinite number, or NaN," if table.source.floats_inside(name) else "an infinite number"
        return (
            f'the row has {what} in column "{name}", which no predictor can be handed as JSON; expected a finite '
            "number, or none; mend the row, in the training file too."
        )
    what = "has no valid target" if name == table.target else f"holds no {table.kinds[name]} in column"
    listed = "a contract that requires it lists them all" if name == table.target else "validate lists them all"
    return f'the row {what} "{name}"; mend the row; {listed}.'
