"""How the holdout stands to the training file where no contract says it of both: no row is shared, no class is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

from ml_steps.data import ids, infer, logical, nearly, structural
from ml_steps.data.contract import Contract
from ml_steps.data.kindless import kindless
from ml_steps.data.overlap import Side, between, overlap, unmatched
from ml_steps.data.places import shortened
from ml_steps.data.plan import Part
from ml_steps.data.session import Session
from ml_steps.data.statement import NONE, Judge, Statement, Verdict, judge_count
from ml_steps.data.wording import listed
from ml_steps.project import Project

Kinds = Mapping[str, Mapping[str, str]]
"""What the values of a column are, by file and column, where the contract does not say it."""
_NUMBERS = {"integer", "number"}
_SHOWN = 5
MAY_REPEAT = (
    "Take them out of one file; if rows may be equal by chance, write a contract (`ml-steps contract infer`) and state "
    "noOverlap of the columns by which a row is known."
)
_NO_TARGET = "A holdout with such a row is not scored; mend it."


def add(  # noqa: PLR0913, PLR0917 - one fact each
    session: Session,
    parts: Sequence[Part],
    roles: Mapping[str, str],
    kinds: Kinds,
    contract: Contract | None,
    project: Project,
) -> None:
    """Add what must hold of both files, and of one beside the other, where a contract does not cover both.

    What no predictor can be handed, or no class be made of, is looked for in any case: in columns without a type there.
    Raises SetupError where the target has values of several kinds.
    """
    by_name = {part.source.name: part for part in parts}
    train, holdout = by_name[roles["train"]], by_name[roles["holdout"]]
    settings, classes = project.config.evaluate, project.config.task == "classification"
    target = settings.target
    shared = [name for name in holdout.source.columns if name in train.source.columns]
    told = {kinds[part.source.name].get(target) for part in (train, holdout)}
    both = [train.source, holdout.source]
    # What is of one kind in both files is so in both together: no further look at them is needed.
    unsure = target in shared and (len(told) > 1 or told == {"other"})
    if unsure and infer.infer(session, both, [target])[target] == "other":
        raise kindless(session, both, target)
    untyped = kinds[holdout.source.name]
    holdout.statements.extend(structural.finite_columns(holdout.source, untyped, holdout.options))
    holdout.checks.extend(structural.finite_lists(session, holdout.source, untyped))
    _add_of_target(train, holdout, target, classes=classes)
    if train.object and holdout.object:
        return
    hidden = contract.hidden if contract else frozenset[str]()
    keys = {name: _sides(train, holdout, name, kinds) for name in shared}
    if classes and target in shared:
        holdout.statements.append(_no_new_class(train, holdout, keys[target], hidden))
        train.statements.append(_every_class_tested(train, holdout, keys[target], hidden))
    for name in dict.fromkeys((*settings.slices, *settings.protected)):
        if name in shared and {_kind(part, name, kinds) for part in (train, holdout)} <= {"string", "boolean"}:
            holdout.statements.append(_known_value(train, holdout, keys[name], hidden))
    for part, other in ((train, holdout), (holdout, train)):
        if not part.object:
            others = {name: kind for name, kind in kinds[part.source.name].items() if name != target}
            numeric = {name for name in shared if _kind(other, name, kinds) in _NUMBERS}
            part.statements.extend(nearly.numbers(session, part.source, others, hidden, numeric))
    for part in (train, holdout):
        if not classes and not part.object and target in part.source.columns:
            part.statements.append(structural.finite(part.source, target, kinds[part.source.name][target]))
    inputs = settings.inputs(shared)
    if inputs:
        out = ids.left_out(session, train.source.name, holdout.source.name, inputs)
        compared = {name: keys[name] for name in inputs if name not in out}
        holdout.statements.append(_no_leak(train, holdout, compared, hidden, out))


def _add_of_target(train: Part, holdout: Part, target: str, *, classes: bool) -> None:
    """Add what must hold of the target, whatever a contract says of it."""
    for part in (train, holdout):
        stated = {one.id for one in part.statements}
        filled = structural.target_filled(part.source, target, part.options(target))
        if part.object and target in part.source.columns and filled.id not in stated:
            part.statements.append(replace(filled, required=part is holdout, detail=_NO_TARGET))
    if classes and target in train.source.columns:
        train.statements.append(structural.several_classes(train.source, target, train.options(target)))


def _no_leak(
    train: Part, holdout: Part, keys: dict[str, tuple[Side, Side]], hidden: Set[str], out: Sequence[str]
) -> Statement:
    """Return the statement that no holdout row is in the training file, by the columns a predictor sees.

    `hidden` are the columns, in lower case, whose values must not be shown; `out` the ids that are not compared.
    """
    classified = any(name.lower() in hidden for name in keys)
    made = overlap(holdout.source.name, train.source.name, keys, "" if classified else next(iter(keys)))
    made = replace(made, detail=MAY_REPEAT)
    return replace(made, judge=_judge_without(made.judge, out)) if out else made


def _judge_without(judge: Judge, out: Sequence[str]) -> Judge:
    def judged(measured: tuple[Any, ...], rows: int) -> Verdict:
        verdict = judge(measured, rows)
        return Verdict(verdict.state, f"{verdict.actual}, without {listed(out)} (another value in every row)")

    return judged


def _no_new_class(train: Part, holdout: Part, sides: tuple[Side, Side], hidden: Set[str]) -> Statement:
    """Return the statement that every class of the holdout is in the training file."""
    detail = (
        f"No model can learn a class that it never sees; mend the labels, or add such rows to {train.source.path.name};"
        f' if {sides[0].column} is a quantity, say task = "regression" in [tool.ml-pipeline] of pyproject.toml.'
    )
    return _no_new_value(holdout, train, sides, hidden, "classes", "class", detail)


def _every_class_tested(train: Part, holdout: Part, sides: tuple[Side, Side], hidden: Set[str]) -> Statement:
    """Return the statement, which only warns, that every class of the training file is in the holdout."""
    detail = f"No figure says how well such rows are answered; add some to {holdout.source.path.name}."
    return replace(_no_new_value(train, holdout, sides, hidden, "tested", "class", detail), required=False)


def _known_value(train: Part, holdout: Part, sides: tuple[Side, Side], hidden: Set[str]) -> Statement:
    """Return the statement, which only warns, that every value of a column of slices is in the training file."""
    detail = "No model has seen these; if they are known ones spelled otherwise, mend them in one of the files."
    return replace(_no_new_value(holdout, train, sides, hidden, "known", "value", detail), required=False)


def _no_new_value(  # noqa: PLR0913, PLR0917 - one fact each
    part: Part, other: Part, sides: tuple[Side, Side], hidden: Set[str], id_: str, noun: str, detail: str
) -> Statement:
    """Return the statement that every value of a column is in another file."""
    owner, name, file = part.source.name, sides[0].column, other.source.path.name
    shows, bad = name.lower() not in hidden, unmatched(other.source.name, {name: sides})
    new = f"histogram({logical.typed(name, None)}) FILTER (WHERE {bad})"
    judge, show = _judge_values(file, shows), name if shows else ""
    made = between(owner, other.source.name, {name: sides}, show, bad=bad, judge=judge, more=(new,))
    return replace(made, id=f"{owner}.{name}.{id_}", expected=f"every {noun} in {file}", detail=detail)


def _judge_values(file: str, shows: bool) -> Judge:
    count = judge_count(NONE, noun=f"not in {file}")

    def judge(measured: tuple[Any, ...], rows: int) -> Verdict:
        verdict, counts = count(measured, rows), measured[1] or {}
        most = sorted(counts.items(), key=lambda one: -one[1])
        values = listed([f"{shortened(value)} ({number:,})" for value, number in most], _SHOWN)
        return Verdict(verdict.state, f"{verdict.actual}: {values}" if values and shows else verdict.actual)

    return judge


def _sides(train: Part, holdout: Part, name: str, kinds: Kinds) -> tuple[Side, Side]:
    """Return a column of the holdout and of the training file so that equal numbers, and booleans, are equal.

    Integers are compared by their digits; a FLOAT beside another type as FLOAT.
    """
    text = logical.typed(name, None)
    found = {_kind(part, name, kinds) for part in (train, holdout)}
    natives = {part.source.natives[name] for part in (train, holdout)}
    alike = len(natives) == 1 and train.source.format == holdout.source.format == "parquet"
    if found == {"boolean"}:
        text = f"coalesce(CAST({logical.typed(name, 'boolean')} AS VARCHAR), {text})"
    elif found <= _NUMBERS and found != {"integer"} and not alike:
        width = "FLOAT" if "FLOAT" in natives else "DOUBLE"
        value = f"CAST(TRY_CAST({logical.typed(name, 'number')} AS {width}) + 0 AS VARCHAR)"
        if "integer" in found and width == "DOUBLE":
            value = logical.exact(name, "number")  # costly: hundreds of columns of fractions do without
        text = f"coalesce({value}, {text})"
    return Side(name, text), Side(name, text)


def _kind(part: Part, name: str, kinds: Kinds) -> str:
    described = part.described(name)
    return (described.logical if described else None) or kinds[part.source.name][name]
