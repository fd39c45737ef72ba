"""Judge data against a contract, or those of a project by the built-in structural checks."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from ml_steps.data import (
    charts,
    checks,
    comparison,
    drift_charts,
    expectations,
    files,
    logical,
    plan,
    profile,
    reference,
    split,
    unjudged,
)
from ml_steps.data.contract import Contract, Object, read
from ml_steps.data.expectations import Expectation
from ml_steps.data.infer import kinds_of
from ml_steps.data.model import DataEvidence, FileProfile
from ml_steps.data.plan import Part
from ml_steps.data.progress import bar
from ml_steps.data.session import Session, open_session
from ml_steps.data.source import quoted
from ml_steps.data.stored import store
from ml_steps.evidence import BLOCKING, HOLDOUT, Check, State, worst
from ml_steps.project import Project
from ml_steps.report.order import failing_first


def validate(
    data: Path,
    contract: Path | None,
    project: Project | None,
    *,
    against: Path | None = None,
    now: datetime | None = None,
) -> DataEvidence:
    """Read the data folder and return what was found; nothing is written.

    Without a project the contract stands alone: its objects are judged, and none of them is the training file or the
    holdout; its first is the one that is always compared with a reference.

    `against` is the reference: a data folder, a profile.json, or a folder that holds one. `now` is the clock of
    "not in the future" and of now() in SQL rules; without it, the real one.

    Raises SetupError when a file, the contract or the reference is missing or cannot be read: then nothing was judged.
    """
    started = time.perf_counter()
    agreed = read(contract) if contract is not None else None
    with bar(sys.stderr) as step:
        step("finding and opening the files", 0)
        parts, roles = plan.make(data, agreed, project)
        first = roles.get("train", parts[0].source.name)
        expected = expectations.of_contract(agreed, first)
        if against:
            step("profiling the reference", 0)
        before = reference.read(against, _compared(expected, parts, roles, project), agreed) if against else None
        with open_session([part.source for part in parts]) as session:
            _prepare(session, parts, now or datetime.now(UTC))
            kinds = {part.source.name: kinds_of(session, part.source, part.object) for part in parts}
            if project:
                split.add(session, parts, roles, kinds, agreed, project)
            judged = []
            for index, part in enumerate(parts, start=1):
                step(f"checking {part.source.path.name}", index / (len(parts) + 2))
                judged.append(checks.judge(session, part, kinds[part.source.name], agreed))
            unjudged.withhold(parts, [of_file for _, of_file in judged])
            step("profiling", (len(parts) + 1) / (len(parts) + 2))
            stored = {
                shape.name: store(session, shape, part.object) for part, (shape, _) in zip(parts, judged, strict=True)
            }
            profiles = [profile.described(one) for one in stored.values()]
            compared = comparison.compare(expected, before, stored, first)
            classified = project is not None and project.config.task == "classification"
            target = project.config.evaluate.target if project else ""
            drawn = charts.draw(list(stored.values()), target, classified)
            for file in profiles:
                file.passes = session.passes[file.name]
        holdout = next((part.source for part in parts if part.source.name == roles.get("holdout")), None)
        digest = {HOLDOUT: f"sha256:{files.sha256(holdout.parts)}"} if holdout else {}
    of_files = [check for _, of_file in judged for check in of_file]
    found = failing_first([*of_files, *checks.unique(compared.checks), *_notes(agreed)])
    state = worst([check.state if check.required or check.state not in BLOCKING else State.WARN for check in found])
    return DataEvidence(
        state=state,
        headline=headline(found, profiles, roles),
        seconds=round(time.perf_counter() - started, 3),
        facts={
            "contract": agreed.title if agreed else "none: built-in checks",
            "reference": against.resolve().name if against else "none",
            **digest,
            "passes over the files": ", ".join(f"{file.file}: {file.passes}" for file in profiles),
        },
        checks=found,
        charts=[*drawn, *drift_charts.draw(compared.decided)],
        files=profiles,
        drift=compared.drift,
    )


def headline(found: list[Check], profiles: list[FileProfile], roles: dict[str, str]) -> str:
    """Return the key figure, or what failed first, in at most 60 characters."""
    judged = [check for check in found if check.state is not State.SKIP]
    failed = [check for check in judged if check.required and check.state in BLOCKING]
    warning = [check for check in judged if check.state is State.WARN or check.state in BLOCKING]
    if first := failed or warning:
        start = f"{len(first)} of {len(judged)} checks {'failed' if failed else 'warned'}: "
        more = f" and {len(first) - 1} more" if len(first) > 1 else ""
        name, room = first[0].id, 60 - len(start) - len(more)
        return f"{start}{name if len(name) <= room else name[: room - 1] + '…'}{more}"
    of_roles = [
        f"{profile.rows:,} {role}" for role, name in roles.items() for profile in profiles if profile.name == name
    ]
    rows = " + ".join(of_roles) or f"{sum(profile.rows for profile in profiles):,}"
    alone = "" if roles else ", no project"
    return f"{rows} rows, {len(judged)} checks{alone}"[:60]


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


def _compared(
    expected: list[Expectation], parts: list[Part], roles: dict[str, str], project: Project | None
) -> list[tuple[str, str, Object | None]]:
    """Return what `reference.read` must find of each file that is compared."""
    settings = project.config.data.model_dump() if project else {}
    patterns = {name: settings[role] for role, name in roles.items()}
    names = {one.object for one in expected}
    return [
        (part.source.name, part.object.pattern if part.object else patterns[part.source.name], part.object)
        for part in parts
        if part.source.name in names
    ]


def _notes(contract: Contract | None) -> list[Check]:
    return [
        Check(
            id=f"not_enforced.{index}",
            state=State.SKIP,
            subject=name,
            actual=f"{name} is not enforced",
            detail=f"stands in {where}",
            required=False,
        )
        for index, (name, where) in enumerate(contract.notes if contract else (), start=1)
    ]
