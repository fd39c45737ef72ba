"""Judge the data of a project against its contract, or by the built-in structural checks."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

from ml_steps.data import charts, checks, logical, plan
from ml_steps.data.contract import Contract, read
from ml_steps.data.infer import infer
from ml_steps.data.model import DataEvidence, FileProfile
from ml_steps.data.plan import Part
from ml_steps.data.session import Session, open_session
from ml_steps.data.source import quoted
from ml_steps.evidence import BLOCKING, Check, State, worst
from ml_steps.project import Project


def validate(data: Path, contract: Path | None, project: Project, *, now: datetime | None = None) -> DataEvidence:
    """Read the data folder and return what was found; nothing is written.

    `now` is the clock of "not in the future" and of now() in SQL rules; without it, the real one.

    Raises SetupError when a file or the contract is missing or cannot be read: then nothing was judged.
    """
    started = time.perf_counter()
    agreed = read(contract) if contract is not None else None
    parts, roles = plan.make(data, agreed, project)
    with open_session([part.source for part in parts]) as session:
        _prepare(session, parts, now or datetime.now(UTC))
        kinds = {part.source.name: _kinds(session, part) for part in parts}
        judged = [checks.judge(session, part, kinds[part.source.name], agreed) for part in parts]
        profiles = [profile for profile, _ in judged]
        drawn = charts.draw(session, profiles, project.config.evaluate.target, project.config.task == "classification")
        for profile in profiles:
            profile.passes = session.passes[profile.name]
    found = checks.in_order([check for _, of_file in judged for check in of_file] + _notes(agreed))
    state = worst([check.state for check in found])
    return DataEvidence(
        state=state,
        headline=headline(found, profiles, roles),
        seconds=round(time.perf_counter() - started, 3),
        facts={
            "contract": agreed.title if agreed else "none: built-in checks",
            "passes over the files": ", ".join(f"{profile.file}: {profile.passes}" for profile in profiles),
        },
        checks=found,
        charts=drawn,
        files=profiles,
    )


def headline(found: list[Check], profiles: list[FileProfile], roles: dict[str, str]) -> str:
    """Return the key figure, or what failed first, in at most 60 characters."""
    judged = [check for check in found if check.state is not State.SKIP]
    failed = [check for check in judged if check.state in BLOCKING]
    if failed:
        return f"{len(failed)} of {len(judged)} checks failed: {failed[0].id}"[:60]
    by_name = {profile.name: profile.rows for profile in profiles}
    return f"{by_name[roles['train']]:,} + {by_name[roles['holdout']]:,} rows, {len(judged)} checks"[:60]


def _prepare(session: Session, parts: list[Part], now: datetime) -> None:
    session.set_now(now)
    for part in parts:
        if part.lacking:
            session.add_text(part.source, part.lacking)
        expressions = {name: logical.typed(name, None) for name in part.source.columns}
        for column in part.object.columns if part.object else ():
            expressions[column.name] = logical.typed(column.name, column.logical, column.options)
        session.add_typed(part.source.name, [f"{sql} AS {quoted(name)}" for name, sql in expressions.items()])
    session.lock()


def _kinds(session: Session, part: Part) -> dict[str, str]:
    """Look at the values of the columns that the contract gives no type."""
    typed = {column.name for column in part.object.columns if column.logical} if part.object else set()
    unknown = [name for name in part.source.columns if name not in typed]
    return infer(session, [part.source], unknown) if unknown else {}


def _notes(contract: Contract | None) -> list[Check]:
    return [
        Check(
            id=f"not_enforced.{index}",
            state=State.SKIP,
            subject=name,
            actual="not enforced",
            detail=f"stands in {where}",
        )
        for index, (name, where) in enumerate(contract.notes if contract else (), start=1)
    ]
