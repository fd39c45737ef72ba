"""What the model is trained on, in a few facts, and the file cut down for a smoke run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ml_steps.data import files, reference, sample
from ml_steps.data.plan import Part
from ml_steps.data.session import NATIVE
from ml_steps.data.source import literal, quoted
from ml_steps.data.table import ROW, Table, open_table
from ml_steps.errors import SetupError
from ml_steps.evidence import SCHEMA_VERSION
from ml_steps.project import Project

NAME = "training-data.json"
_COPY_AS = {
    "csv": "FORMAT csv, HEADER, DELIMITER ','",
    "csv.gz": "FORMAT csv, HEADER, DELIMITER ',', COMPRESSION gzip",
    "csv.zst": "FORMAT csv, HEADER, DELIMITER ',', COMPRESSION zstd",
    "parquet": "FORMAT parquet",
    "jsonl": "FORMAT json",
}


def describe_training(
    project: Project, data: Path, contract: Path | None, out: Path, *, smoke_rows: int | None
) -> None:
    """Write `out`/training-data.json, and the file's profile as `out`/profile.json.

    With `smoke_rows` also the file cut to so many rows, as `out`/data/<its name>.

    Raises SetupError when the file is missing, cannot be read, has no rows, or lacks a column that the project names.
    """
    out.mkdir(parents=True, exist_ok=True)
    settings, classification = project.config.evaluate, project.config.task == "classification"
    with open_table(project, data, contract, "train", out) as table:
        rows = int(table.session.rows(f"SELECT count(*) FROM {table.rows}")[0][0])
        if not rows:
            raise SetupError(
                f"{table.source.path.name}: the file has no rows; expected at least one to train on; produce it again, "
                "or name another in [tool.ml-pipeline.data] train."
            )
        facts = {
            "schema_version": SCHEMA_VERSION,
            "file": table.source.path.name,
            "rows": rows,
            "input_columns": settings.inputs(table.source.columns),
            "classes": _classes(table) if classification else None,
            "target": settings.target,
            "task": project.config.task,
            "sha256": files.sha256(table.source.parts),
        }
        if smoke_rows is not None:
            path = out / "data" / table.source.parts[0].relative_to(data)
            facts["rows"] = _cut(table, smoke_rows, classification, path)
        profile = reference.of_part(table.session, Part(table.source, table.agreed), table.contract)
    if table.agreed:
        profile.name = table.agreed.name
    (out / reference.NAME).write_text(reference.Profile(files=[profile]).to_json(), encoding="utf-8")
    text = json.dumps(facts, sort_keys=True, indent=2, ensure_ascii=False)
    (out / NAME).write_text(text + "\n", encoding="utf-8")


def _classes(table: Table) -> list[Any]:
    """Return the distinct values of the target, sorted, typed as predictions are."""
    value = table.value(table.target)
    found = table.session.rows(f"SELECT DISTINCT to_json({value})::VARCHAR FROM {table.rows} WHERE {value} IS NOT NULL")
    return sorted(json.loads(row[0]) for row in found)


def _cut(table: Table, limit: int, stratify: bool, path: Path) -> int:
    """Write the file cut to so many rows; return how many it has."""
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = ", ".join(quoted(name) for name in table.source.columns)
    numbered = f"(SELECT *, row_number() OVER () - 1 AS {quoted(ROW)} FROM {NATIVE}.{quoted(table.source.name)})"
    chosen = sample.chosen(table, limit, stratify)
    query = f"SELECT {columns} FROM {numbered} WHERE {quoted(ROW)} IN ({chosen}) ORDER BY {quoted(ROW)}"
    [(rows,)] = table.session.rows(
        f"COPY ({query}) TO {literal(str(path.resolve()))} ({_COPY_AS[table.source.format]})"
    )
    return int(rows)
