"""Check a contract alone, without data: its form, its references, and the syntax of its SQL."""

from __future__ import annotations

from pathlib import Path

import duckdb

from ml_steps.data import expectations, plan
from ml_steps.data.contract import read
from ml_steps.data.session import SqlError, one_select
from ml_steps.data.wording import plural
from ml_steps.errors import SetupError


def check(path: Path) -> str:
    """Return what the contract enforces, in a line, and what it does not.

    Raises SetupError naming file and line for what is wrong or would not be enforced.
    """
    agreed = read(path)
    made = [statement for found in agreed.objects for statement in plan.statements(agreed, found)]
    expectations.stated(agreed)
    with duckdb.connect() as connection:
        for statement in made:
            if statement.stated:
                try:
                    one_select(connection, statement.query)
                except SqlError as error:
                    raise SetupError(
                        f"{statement.stated}: the SQL rule {statement.id} cannot run: {error}; mend its query."
                    ) from None
    lines = [
        f"{agreed.title}: {plural(len(agreed.objects), 'object')}, {plural(len(made), 'check')} besides their columns"
    ]
    lines += [f"not enforced: {name} ({where})" for name, where in agreed.notes]
    return "\n".join(lines)
