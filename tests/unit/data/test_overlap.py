"""What DuckDB makes of names in a query inside another one."""

from __future__ import annotations

import duckdb

from ml_steps.data.overlap import first_like
from ml_steps.data.source import quoted

TIMES = {"current_date", "current_time", "current_timestamp", "localtime", "localtimestamp"}


def is_value(connection: duckdb.DuckDBPyConnection, name: str) -> bool:
    """Tell whether the quoted name is a value by itself, where no table has such a column."""
    try:
        connection.execute(f"SELECT {quoted(name)}")
    except duckdb.Error:
        return False
    return True


def test_no_name_of_a_column_is_taken_for_a_function() -> None:
    with duckdb.connect() as connection:
        asked = "SELECT keyword_name FROM duckdb_keywords() UNION SELECT function_name FROM duckdb_functions()"
        known = [name for (name,) in connection.execute(asked).fetchall()]
        names = {name for name in known if is_value(connection, name)} | TIMES
        assert "user" in names
        connection.execute("CREATE SCHEMA _raw")
        for name in names:
            column = quoted(name)
            connection.execute(f"CREATE OR REPLACE TABLE _raw.t AS SELECT 'x' AS {column}")
            found = connection.execute(f"SELECT {first_like('t', [(column, column)])} FROM _raw.t AS r").fetchall()
            assert found == [(0,)], name
