"""The one place that opens DuckDB: in memory, bounded, in UTC, and locked once the files have their views.

Each file has two views that ours read: `_native` as the file has it, `_raw` with every value as text.
The contract's SQL sees a third, in the main schema, with typed values under the object's name. After
`lock` nothing can be written, loaded or reached but the files named.
"""

from __future__ import annotations

import re
import tempfile
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from ml_steps.data.source import Source, check_bytes, escaped, explain, first_line, literal, quoted
from ml_steps.errors import SetupError

MEMORY_LIMIT = "1GB"
THREADS = 2
NATIVE, RAW = "_native", "_raw"
_READ = re.compile(rf'(?:(?:{NATIVE}|{RAW})\.|\b(?i:FROM|JOIN)\s+)("(?:[^"]|"")*")')
"""A table, or a view of one, that a query reads."""


class SqlError(Exception):
    """A query of the contract did not run; the files are fine."""


class Session:
    """A connection over the views of some files."""

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        sources: Sequence[Source],
        checks: Sequence[Future[None]],
        folder: Path,
    ) -> None:
        """Make the views over the files."""
        self._connection, self._checks = connection, checks
        self.folder = folder
        """In DuckDB's temporary folder, whose files it reads after `lock` too."""
        self.sources = {source.name: source for source in sources}
        self.passes = dict.fromkeys(self.sources, 0)
        """Queries so far that read a file, by its name."""
        self._parallel = True
        for schema in (NATIVE, RAW):
            connection.execute(f"CREATE SCHEMA {schema}")
        for source in sources:
            self.add(source)

    def add(self, source: Source) -> None:
        """Make both views of a file."""
        self._add_native(source)
        self.add_text(source)

    def add_text(self, source: Source, lacking: Sequence[str] = ()) -> None:
        """Make the view of a file with every value as text, and columns that it lacks as missing."""
        texts = [f"{source.text(column)} AS {quoted(column)}" for column in source.columns]
        texts += [f"CAST(NULL AS VARCHAR) AS {quoted(column)}" for column in lacking]
        native = f"{NATIVE}.{quoted(source.name)}"
        self._view(
            source, f"CREATE OR REPLACE VIEW {RAW}.{quoted(source.name)} AS SELECT {', '.join(texts)} FROM {native}"
        )

    def add_typed(self, name: str, columns: Sequence[str]) -> None:
        """Make the view that the contract's SQL sees, from SQL expressions over the text view."""
        self._connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT {', '.join(columns)} FROM {RAW}.{quoted(name)}")

    def set_now(self, now: datetime) -> None:
        """Let now(), current_timestamp and current_date say this time in SQL."""
        moment = f"TIMESTAMPTZ {literal(now.astimezone(UTC).isoformat())}"
        for name in ("now", "current_timestamp", "get_current_timestamp", "transaction_timestamp"):
            self._connection.execute(f"CREATE MACRO {name}() AS {moment}")
        for name in ("localtimestamp", "current_localtimestamp"):
            self._connection.execute(f"CREATE MACRO {name}() AS CAST({moment} AS TIMESTAMP)")
        for name in ("current_date", "today"):
            self._connection.execute(f"CREATE MACRO {name}() AS DATE {literal(now.astimezone(UTC).date().isoformat())}")

    def lock(self, writable: Path | None = None) -> None:
        """Take away the network, extensions, configuration and every file but the sources (and one folder)."""
        parts = [part for source in self.sources.values() for part in source.parts]
        named = {path for part in parts for path in (str(part.resolve()), escaped(part))}
        paths = ", ".join(literal(path) for path in sorted(named))
        self._connection.execute(f"SET allowed_paths=[{paths}]")
        if writable is not None:
            self._connection.execute(f"SET allowed_directories=[{literal(str(writable.resolve()))}]")
        self._connection.execute("SET enable_external_access=false")
        self._connection.execute("SET lock_configuration=true")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query of ours.

        Raises SetupError, naming file and line where they can be found, when a file cannot be read.
        """
        self._count(sql)
        try:
            return self._connection.execute(sql).fetchall()
        except duckdb.OutOfMemoryException:
            raise SetupError(
                f"{', '.join(source.path.name for source in self.sources.values())}: reading needs more than "
                f"{MEMORY_LIMIT} of memory and the free disk in the temporary folder; free some, or split the columns."
            ) from None
        except (duckdb.Error, UnicodeDecodeError) as error:
            for source in self.sources.values():
                explain(source)
            if self._parallel:
                # DuckDB's parallel CSV reader gives up on some valid files with line ends in quotes.
                self._parallel = False
                for source in self.sources.values():
                    self._add_native(source)
                return self.rows(sql)
            names = ", ".join(source.path.name for source in self.sources.values())
            raise SetupError(f"{names}: cannot be read ({first_line(error)}); mend the file.") from None

    def select(self, sql: str, seconds: float) -> list[tuple[Any, ...]]:
        """Return the rows of a query from a contract: one SELECT, within a time limit.

        Raises SqlError when it is something else, does not run, or takes longer.
        """
        self._count(sql)
        timer = threading.Timer(seconds, self._connection.interrupt)
        try:
            statement = one_select(self._connection, sql)
            timer.start()
            found = self._connection.execute(statement)
            types = [str(column[1]) for column in found.description or ()]
            if len(types) != 1:
                raise SqlError(f"it returns {len(types)} columns; expected one value")
            if types[0].endswith("WITH TIME ZONE"):
                raise SqlError("it returns a time with a zone; expected a number or a text, such as epoch(…)")
            return found.fetchmany(2)
        except duckdb.InterruptException:
            raise SqlError(f"it took longer than {seconds:g} seconds") from None
        except duckdb.Error as error:
            raise SqlError(first_line(error)) from None
        finally:
            timer.cancel()

    def finish_checks(self) -> None:
        """Wait for the look at the files' bytes; raises SetupError for what DuckDB let pass."""
        for check in self._checks:
            check.result()

    def _add_native(self, source: Source) -> None:
        view = f"{NATIVE}.{quoted(source.name)}"
        scan = source.scan(parallel=self._parallel)
        self._view(source, f"CREATE OR REPLACE VIEW {view} AS SELECT * FROM {scan}")

    def _count(self, sql: str) -> None:
        read = {*_READ.findall(sql)}
        for name in self.sources:
            self.passes[name] += quoted(name) in read

    def _view(self, source: Source, sql: str) -> None:
        try:
            self._connection.execute(sql)
        except duckdb.Error as error:
            explain(source)
            raise SetupError(f"{source.path.name}: cannot be read ({first_line(error)}); mend the file.") from None


def one_select(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.Statement:
    """Return a query of a contract as DuckDB understands it; raises SqlError for anything but one SELECT."""
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise SqlError(first_line(error)) from None
    if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
        raise SqlError("it is not one SELECT statement")
    return statements[0]


@contextmanager
def open_session(sources: Sequence[Source]) -> Iterator[Session]:
    """Open DuckDB over files; two threads, one gigabyte, then a temporary folder.

    The files' bytes are checked meanwhile. Leaving raises SetupError where DuckDB let something pass; who writes
    before that calls `finish_checks` first.
    """
    with tempfile.TemporaryDirectory(prefix="ml-steps-") as folder:
        config: dict[str, str | bool | int | float | list[str]] = {
            "threads": str(THREADS),
            "memory_limit": MEMORY_LIMIT,
            "temp_directory": folder,
            "autoload_known_extensions": "false",
            "autoinstall_known_extensions": "false",
            "python_enable_replacements": "false",
        }
        with ThreadPoolExecutor(1) as pool, duckdb.connect(":memory:", config=config) as connection:
            connection.execute("SET TimeZone='UTC'")
            checks = [pool.submit(check_bytes, source) for source in sources]
            drawn = Path(folder) / "drawn"
            drawn.mkdir()
            session = Session(connection, sources, checks, drawn)
            yield session
            session.finish_checks()
