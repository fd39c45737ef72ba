"""The checks of single files that need no contract: rows, no empty column, the target, alike columns. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any
from unicodedata import normalize

from ml_steps.data import logical
from ml_steps.data.session import NATIVE, Session
from ml_steps.data.source import Source, quoted
from ml_steps.data.statement import NONE, Bound, Judge, Statement, Verdict, counted, judge_count, row_count
from ml_steps.data.wording import listed, plural, visible
from ml_steps.evidence import Check, State
from ml_steps.project import nearest

_MEND_NUMBERS = "Mend the values, in the training file too."
SOME_ROWS = Bound("mustBeGreaterOrEqualTo", 1)

Options = Callable[[str], dict[str, Any]]
"""What the contract says of a column's type and of what is missing in it."""


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
        yield target_filled(source, target, {})


def target_filled(source: Source, target: str, options: dict[str, Any]) -> Statement:
    """Return the statement that the target is there in every row; `options` says what is missing."""
    bad = logical.missing(target, options)
    return Statement(
        id=f"{source.name}.{target}.required",
        object=source.name,
        subject=target,
        expected="no missing values",
        judge=judge_count(NONE, noun="missing"),
        aggregates=counted(bad),
        where=f"WHERE {bad}",
    )


def several_classes(source: Source, target: str, options: dict[str, Any]) -> Statement:
    """Return the statement that the target of a classification has more than one class."""

    def judge(measured: tuple[Any, ...], _: int) -> Verdict:
        several, any_class = measured
        actual = "several" if several else "one class alone" if any_class else "no class"
        return Verdict(State.PASS if several else State.FAIL, actual)

    text = logical.typed(target, None, options)
    return Statement(
        id=f"{source.name}.{target}.severalClasses",
        object=source.name,
        subject=target,
        expected="more than one class",
        judge=judge,
        aggregates=(f"min({text}) <> max({text})", f"count({text})"),
        detail="No model can learn from that; add rows of other classes.",
    )


def target_there(source: Source, target: str) -> Check:
    """Check that the target is a column of the file."""
    there = target in source.columns
    hint = nearest(target, list(source.columns), cutoff=0.7)
    return Check(
        id=f"{source.name}.target",
        state=State.PASS if there else State.FAIL,
        subject=target,
        actual="there" if there else f"columns: {listed(source.columns)}",
        expected=f"a column {target}",
        detail="" if there else f"{hint}name it in [tool.ml-pipeline.evaluate] target of pyproject.toml.",
    )


def finite(source: Source, target: str, kind: str) -> Statement:
    """Return the statement that the values of a regression's target, of this kind, are finite numbers."""
    bad = logical.invalid(target, "number")

    def judge(measured: tuple[Any, ...], rows: int) -> Verdict:
        verdict = judge_count(NONE, noun="invalid")(measured, rows)
        if verdict.state is State.PASS and kind not in ("integer", "number"):
            return Verdict(State.FAIL, f"a {kind} column")
        return verdict

    return Statement(
        id=f"{source.name}.{target}.type",
        object=source.name,
        subject=target,
        expected=logical.described("number", {}),
        judge=judge,
        aggregates=counted(bad),
        where=f"WHERE {bad}",
        show=target,
        detail='Mend the values; if they are classes, say task = "classification" in pyproject.toml.',
    )


def finite_columns(source: Source, kinds: Mapping[str, str], options: Options) -> Iterator[Statement]:
    """Yield, where there are columns of numbers, the statement that all fit a double: JSON can hold no other.

    `options` says what is missing in a column.
    """
    names = [name for name, kind in kinds.items() if kind == "number"]
    if not names:
        return
    infinite = [logical.infinite(logical.listed_as_null(name, options(name))) for name in names]
    yield Statement(
        id=f"{source.name}.finite",
        object=source.name,
        subject="columns",
        expected="finite numbers",
        judge=lambda measured, _: _judge_finite(names, measured),
        aggregates=tuple(counted(bad)[0] for bad in infinite),
        where=f"WHERE {' OR '.join(infinite)}",
        detail=_MEND_NUMBERS,
    )


def finite_lists(session: Session, source: Source, kinds: Iterable[str]) -> Iterator[Check]:
    """Yield, where there are lists or the like of binary fractions, the check that none holds NaN or infinity."""
    names = [name for name in kinds if source.floats_inside(name)]
    if not names:
        return
    counts = ", ".join(counted(logical.infinite_inside(quoted(name)))[0] for name in names)
    [measured] = session.rows(f"SELECT {counts} FROM {NATIVE}.{quoted(source.name)}")
    verdict = _judge_finite(names, measured)
    yield Check(
        id=f"{source.name}.finiteLists",
        state=verdict.state,
        subject="columns",
        actual=verdict.actual,
        expected="finite numbers in lists",
        detail=_MEND_NUMBERS if verdict.state is State.FAIL else "",
    )


def _judge_finite(names: Sequence[str], counts: Sequence[int]) -> Verdict:
    bad = [f"{name} ({count:,})" for name, count in zip(names, counts, strict=True) if count]
    return Verdict(State.FAIL if bad else State.PASS, f"not finite: {listed(bad)}" if bad else "all are finite")


def same_columns(train: Source, holdout: Source) -> Check:
    """Check that the holdout has the training file's columns, in any order; other types of Parquet are warned of."""
    lacking = [name for name in train.columns if name not in holdout.columns]
    extra = [name for name in holdout.columns if name not in train.columns]
    told = {"lacks": lacking, "also has": extra}
    parts = [f"{word} {listed([*map(visible, names)])}" for word, names in told.items() if names]
    forms = {normalize("NFC", name) for name in lacking} & {normalize("NFC", name) for name in extra}
    parts += [f"{listed(sorted(forms))} in another Unicode form"] if forms else []
    others = [
        f"{name} is {native} in {train.path.name}, {holdout.natives[name]} in {holdout.path.name}"
        for name, native in train.natives.items()
        if train.format == holdout.format == "parquet" and holdout.natives.get(name, native) != native
    ]
    return Check(
        id=f"{holdout.name}.columns",
        state=State.FAIL if parts else State.WARN if others else State.PASS,
        subject="columns",
        actual=", ".join(parts + [listed(others, 3)] * bool(others)) or plural(len(holdout.columns), "column"),
        expected=f"the columns of {train.path.name}",
        detail="Write both files with the same types: pandas makes floats of integers with a null." if others else "",
    )


def _judge_filled(columns: tuple[str, ...]) -> Judge:
    def judge(measured: tuple[Any, ...], _: int) -> Verdict:
        empty = [name for name, count in zip(columns, measured, strict=True) if not count]
        actual = f"empty: {listed(empty)}" if empty else f"{plural(len(columns), 'column')} filled"
        return Verdict(State.FAIL if empty else State.PASS, actual)

    return judge
