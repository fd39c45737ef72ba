"""Writes predictions.parquet: what was true and what was answered, and none of the features."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ml_steps.data.source import literal

_COPY = """
COPY (
    SELECT t.row, t.target, p.prediction, p.probabilities
    FROM read_parquet($targets) t JOIN read_json($predictions, format = 'newline_delimited', columns =
    {columns}) p USING (row) ORDER BY row
) TO {out} (FORMAT parquet, COMPRESSION zstd)
"""


def write_predictions(scores: Path, out: Path) -> None:
    """Write row, target, prediction and probabilities (a list, NULL where there are none) to the file `out`.

    For scores that `read_scores` has accepted. Probabilities stand in the order of the manifest's classes.
    """
    names = {"targets": str(scores / "targets.parquet"), "predictions": str(scores / "predictions.jsonl")}
    with duckdb.connect() as connection:
        described = connection.read_parquet(names["targets"])
        target = dict(zip(described.columns, map(str, described.types), strict=True))["target"]
        kind = target if target in {"VARCHAR", "BOOLEAN"} else _number_of(connection, names["predictions"])
        columns = f"{{'row': 'BIGINT', 'prediction': '{kind}', 'probabilities': 'DOUBLE[]'}}"
        connection.execute(_COPY.format(columns=columns, out=literal(str(out))), names)


def _number_of(connection: duckdb.DuckDBPyConnection, predictions: str) -> str:
    """Return BIGINT where every prediction is a whole number, UBIGINT where they need its range, else DOUBLE."""
    query = """
        SELECT
            bool_and(json_type(prediction) IN ('BIGINT', 'UBIGINT')),
            count(*) = count(TRY_CAST(prediction AS BIGINT)),
            count(*) = count(TRY_CAST(prediction AS UBIGINT))
        FROM read_json($file, format = 'newline_delimited', columns = {'prediction': 'JSON'})
    """
    row = connection.execute(query, {"file": predictions}).fetchone()
    whole, signed, unsigned = row or (False, False, False)
    return "BIGINT" if whole and signed else "UBIGINT" if whole and unsigned else "DOUBLE"  # Parquet has none wider
