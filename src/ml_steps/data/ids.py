"""Columns of ids: two copies of a row differ in them, so they cannot tell that a row is in both files."""

from __future__ import annotations

from collections.abc import Sequence

from ml_steps.data import logical
from ml_steps.data.session import RAW, Session
from ml_steps.data.source import literal, quoted

LEAST_ROWS = 20
"""Of each file: in fewer, a measurement may have another value in every row."""
TOLD_APART = 0.9
"""Share of the rows of each file that the columns left must tell apart; else equal rows are no copies."""
_FIRST_ROWS = 1_000
"""A column that is none of ids in these is none: only those that are left are looked at in the rest of the file."""
_CHANCE = 5
"""Equal pairs that random integers of that range would have: none at all has P = exp(-5) (the birthday problem)."""
_INTEGER = "-?[0-9]{1,18}([.]0)?"
_TOKEN = "[A-Za-z0-9_-]{1,64}"  # noqa: S105 - no password
_DATE = "[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?"


def left_out(session: Session, train: str, holdout: str, names: Sequence[str]) -> list[str]:
    """Return which of the columns are ids, empty where the others tell too few rows apart to be compared alone.

    Ids have another value in every row of each file: integers that lie close together in the training file, or texts
    of letters, digits, - and _ that are no dates.
    """
    found = _unique(session, holdout, _unique(session, train, names, dense=True))
    rest = [name for name in names if name not in found]
    return found if found and rest and all(_told_apart(session, owner, rest) for owner in (train, holdout)) else []


def _unique(session: Session, owner: str, names: Sequence[str], *, dense: bool = False) -> list[str]:
    """Return the columns that look like ids; `dense` integers lie so close together that chance would repeat some."""
    table = f"{RAW}.{quoted(owner)}"
    first = _look(session, f"(FROM {table} LIMIT {_FIRST_ROWS})", names, dense=False)
    return _look(session, table, first, dense=dense)


def _look(session: Session, table: str, names: Sequence[str], *, dense: bool) -> list[str]:
    if not names:
        return []
    integer = f'regexp_full_match("text", {literal(_INTEGER)})'
    token = f'(regexp_full_match("text", {literal(_TOKEN)}) AND NOT regexp_full_match("text", {literal(_DATE)}))'
    number = f"CASE WHEN {integer} THEN CAST(split_part(\"text\", '.', 1) AS BIGINT) END"
    close = f"max({number}) - min({number}) <= count(*) ** 2 / {2 * _CHANCE}" if dense else "true"
    found = session.rows(
        f'SELECT "name" FROM {logical.standing(names, table)} GROUP BY 1 '
        f'HAVING count(DISTINCT "text") = greatest({LEAST_ROWS}, (SELECT count(*) FROM {table})) '
        f"AND CASE WHEN bool_and({integer}) THEN {close} ELSE bool_and({token}) END"
    )
    return [name for name in names if (name,) in found]


def _told_apart(session: Session, owner: str, names: Sequence[str]) -> bool:
    """True where rows seldom repeat an earlier one in these columns."""
    table, texts = f"{RAW}.{quoted(owner)}", ", ".join(logical.typed(name, None) for name in names)
    [[rows, different]] = session.rows(
        f"SELECT count(*), (SELECT count(*) FROM (SELECT DISTINCT {texts} FROM {table})) FROM {table}"
    )
    return bool(different >= TOLD_APART * rows)
