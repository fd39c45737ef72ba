"""Measure the statements of a file, judge them, and make checks of them: one pass for all aggregates."""

from __future__ import annotations

from collections.abc import Set
from typing import Any

from ml_steps.data import logical, places
from ml_steps.data.contract import Contract
from ml_steps.data.model import ColumnProfile, FileProfile
from ml_steps.data.plan import Part
from ml_steps.data.session import RAW, Session, SqlError
from ml_steps.data.source import OWN_NAMES, quoted
from ml_steps.data.statement import Statement
from ml_steps.data.wording import asked
from ml_steps.errors import SetupError
from ml_steps.evidence import Check, State
from ml_steps.project import nearest

SQL_SECONDS = 60.0
"""Time limit of one SQL rule of a contract."""


def judge(
    session: Session, part: Part, kinds: dict[str, str], contract: Contract | None
) -> tuple[FileProfile, list[Check]]:
    """Read one file once, and return its profile and its checks, in the order of the plan.

    Raises SetupError when the file cannot be read or a contract's SQL does not run.
    """
    view = f"{RAW}.{quoted(part.source.name)}"
    wanted = [
        measure
        for name in part.source.columns
        for measure in _profile_measures(name, part.options(name), _kind(part, name, kinds) == "string")
    ]
    start = len(wanted) + 1
    wanted += [aggregate for statement in part.statements for aggregate in statement.aggregates]
    row = session.rows(_typed_once(part, f"SELECT {', '.join(['count(*)', *wanted])} FROM", view))[0]
    profile = _profile(part, row, kinds, contract.hidden if contract else frozenset())
    checks = list(part.checks)
    for statement in part.statements:
        measured = row[start : start + len(statement.aggregates)]
        start += len(statement.aggregates)
        checks.append(_check(session, part, statement, measured, rows=profile.rows, contract=contract))
    return profile, unique(checks)


def unique(checks: list[Check]) -> list[Check]:
    """Number the ids that are used more than once."""
    seen: dict[str, int] = {}
    for check in checks:
        seen[check.id] = seen.get(check.id, 0) + 1
        if seen[check.id] > 1:
            check.id = f"{check.id}-{seen[check.id]}"
    return checks


def _check(  # noqa: PLR0913 - one fact each
    session: Session,
    part: Part,
    statement: Statement,
    measured: tuple[Any, ...],
    *,
    rows: int,
    contract: Contract | None,
) -> Check:
    made = Check(
        id=statement.id,
        state=State.SKIP,
        subject=statement.subject,
        expected=statement.expected,
        detail=statement.detail,
        required=statement.required,
    )
    if statement.subject in part.lacking:
        return made.model_copy(update={"actual": "not judged: the column is not there"})
    if rows == 0 and statement.needs_rows:
        return made.model_copy(update={"actual": "not judged: the file has no rows"})
    if statement.query or statement.stated:
        measured = _query(session, statement, contract)
    if statement.measure:
        measured = statement.measure(session, rows)
    verdict = statement.judge(measured, rows)
    made.state, made.actual = verdict.state, verdict.actual
    if verdict.state is State.PASS:
        made.detail = ""
    if verdict.state is State.FAIL:
        made.places, value = places.find(session, statement)
        hint = nearest(value, list(statement.valid)) if value else ""
        mend = asked(statement.rule) if statement.rule else ""
        made.detail = " ".join(part for part in (f"{hint}{made.detail}".strip(), mend) if part)
        made.state = State.FAIL if statement.required else State.WARN
    return made


def _query(session: Session, statement: Statement, contract: Contract | None) -> tuple[Any, ...]:
    if not statement.stated:
        return session.rows(statement.query)[0]
    try:
        rows = session.select(statement.query, SQL_SECONDS)
        if len(rows) != 1:
            raise SqlError(f"it returned {'no row' if not rows else 'more than one row'}; expected one value")
    except SqlError as error:
        secret = contract is not None and contract.hidden
        reason = "the reason may hold values of a classified column and is not shown" if secret else str(error)
        raise SetupError(
            f"{statement.stated}: the SQL rule {statement.id} did not run: {reason}; mend its query."
        ) from None
    return rows[0]


def _typed_once(part: Part, select: str, view: str) -> str:
    """Let the typed value of a column be computed once a row: each count of distinct values would do it again."""
    values = {
        logical.typed(column.name, column.logical, column.options): quoted(f"{OWN_NAMES}typed {column.name}")
        for column in (part.object.columns if part.object else ())
        if column.logical and column.name not in part.lacking
    }
    for value, name in values.items():
        select = select.replace(value, name)
    named = "".join(f", {value} AS {name}" for value, name in values.items())
    return f"{select} (SELECT *{named} FROM {view}) AS r"


def _profile_measures(column: str, options: dict[str, Any], text: bool) -> tuple[str, ...]:
    missing = logical.missing(column, options)
    count = f"count(*) FILTER (WHERE {missing})"
    if not text:
        return count, "NULL", "NULL"
    lengths = f"length({quoted(column)})) FILTER (WHERE NOT {missing})"
    return count, f"min({lengths}", f"max({lengths}"


def _profile(part: Part, row: tuple[Any, ...], kinds: dict[str, str], hidden: Set[str]) -> FileProfile:
    columns = []
    for index, name in enumerate(part.source.columns):
        missing, shortest, longest = row[1 + 3 * index : 4 + 3 * index]
        columns.append(
            ColumnProfile(
                name=name,
                type=_kind(part, name, kinds),
                missing=missing,
                min_length=shortest,
                max_length=longest,
                hidden=name.lower() in hidden,
            )
        )
    return FileProfile(name=part.source.name, file=part.source.path.name, rows=row[0], columns=columns)


def _kind(part: Part, name: str, kinds: dict[str, str]) -> str:
    described = part.described(name)
    return (described.logical if described else None) or kinds.get(name, "string")
