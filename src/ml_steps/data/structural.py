"""The checks that need no contract: rows, no empty column, the target, alike files, no leakage. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Any

from ml_steps.data import logical
from ml_steps.data.overlap import Side, overlap
from ml_steps.data.source import Source
from ml_steps.data.statement import NONE, Bound, Judge, Statement, Verdict, counted, judge_count, row_count
from ml_steps.data.wording import listed, plural
from ml_steps.evidence import Check, State
from ml_steps.project import Project, nearest

SOME_ROWS = Bound("mustBeGreaterOrEqualTo", 1)


def some_rows(name: str) -> Statement:
    """Return the statement that a file has a row: no rows would satisfy every share."""
    return row_count(name, SOME_ROWS)


def of_file(source: Source, target: str) -> Iterator[Statement]:
    """Yield what must hold of one file by itself."""
    yield some_rows(source.name)
    yield Statement(
        id=f"{source.name}.filled",
        object=source.name,
        subject="columns",
        expected="no column wholly empty",
        judge=_judge_filled(source.columns),
        aggregates=tuple(counted(f"NOT {logical.missing(column)}")[0] for column in source.columns),
    )
    if target in source.columns:
        bad = logical.missing(target)
        yield Statement(
            id=f"{source.name}.{target}.required",
            object=source.name,
            subject=target,
            expected="no missing values",
            judge=judge_count(NONE, noun="missing"),
            aggregates=counted(bad),
            where=f"WHERE {bad}",
        )


def target_there(source: Source, target: str) -> Check:
    """Check that the target is a column of the file."""
    there = target in source.columns
    hint = nearest(target, list(source.columns))
    return Check(
        id=f"{source.name}.target",
        state=State.PASS if there else State.FAIL,
        subject=target,
        actual="there" if there else f"columns: {listed(source.columns)}",
        expected=f"a column {target}",
        detail="" if there else f"{hint}name it in [tool.ml-pipeline.evaluate] target of pyproject.toml.",
    )


def same_columns(train: Source, holdout: Source) -> Check:
    """Check that the holdout has the training file's columns, in any order."""
    lacking = [name for name in train.columns if name not in holdout.columns]
    extra = [name for name in holdout.columns if name not in train.columns]
    parts = ([f"lacks {listed(lacking)}"] if lacking else []) + ([f"also has {listed(extra)}"] if extra else [])
    return Check(
        id=f"{holdout.name}.columns",
        state=State.FAIL if parts else State.PASS,
        subject="columns",
        actual=", ".join(parts) or plural(len(holdout.columns), "column"),
        expected=f"the columns of {train.path.name}",
    )


def leakage(train: Source, holdout: Source, project: Project, hidden: Set[str]) -> Iterator[Statement]:
    """Yield the statement that no holdout row is in the training file, by the columns a predictor sees.

    `hidden` are the columns, in lower case, whose values must not be shown.
    """
    shared = [name for name in project.config.evaluate.inputs(holdout.columns) if name in train.columns]
    if shared:
        keys = {name: (Side(name, logical.typed(name, None)),) * 2 for name in shared}
        classified = any(name.lower() in hidden for name in shared)
        yield overlap(holdout.name, train.name, keys, "" if classified else shared[0])


def _judge_filled(columns: tuple[str, ...]) -> Judge:
    def judge(measured: tuple[Any, ...], _: int) -> Verdict:
        empty = [name for name, count in zip(columns, measured, strict=True) if not count]
        actual = f"empty: {listed(empty)}" if empty else f"{plural(len(columns), 'column')} filled"
        return Verdict(State.FAIL if empty else State.PASS, actual)

    return judge
