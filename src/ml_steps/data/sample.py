"""Cut a file to a number of rows, always the same ones, keeping every class where there is room."""

from __future__ import annotations

from ml_steps.data.source import quoted
from ml_steps.data.table import ROW, Table


def chosen(table: Table, limit: int, stratify: bool) -> str:
    """Return the SQL of the row numbers that are kept.

    The first row of every class comes first, then each class in its share, in file order.
    """
    target = quoted(table.target) if stratify else "1"
    row = quoted(ROW)
    window = f"(PARTITION BY {target} ORDER BY {row})"
    places = (
        f"SELECT {row}, row_number() OVER {window} AS place, count(*) OVER (PARTITION BY {target}) AS size "
        f"FROM {table.rows}"
    )
    order = f"place > 1, CASE WHEN place > 1 THEN (place - 0.5) / size END, {row}"
    return f"SELECT {row} FROM ({places}) ORDER BY {order} LIMIT {limit}"
