"""Which files are judged by which statements: the contract's objects, and what it does not name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import filterfalse
from pathlib import Path
from typing import Any

from ml_steps.data import columns, csvfile, expectations, files, objects, quality, references, short_forms, structural
from ml_steps.data.contract import Column, Contract, Object
from ml_steps.data.leaked import leaked_target
from ml_steps.data.named import check_names
from ml_steps.data.separating import separating_column
from ml_steps.data.source import Source, open_source
from ml_steps.data.statement import Statement
from ml_steps.data.wording import listed, plural
from ml_steps.errors import SetupError
from ml_steps.evidence import Check, State
from ml_steps.project import Project, nearest


@dataclass
class Part:
    """One file with what must hold of it."""

    source: Source
    object: Object | None = None
    statements: list[Statement] = field(default_factory=list)
    checks: list[Check] = field(default_factory=list)
    """Those that need no row."""

    @cached_property
    def lacking(self) -> list[str]:
        """Columns that the contract names and the file does not have."""
        known = set(map(folded, self.source.columns))
        return [
            column.name for column in (self.object.columns if self.object else ()) if folded(column.name) not in known
        ]

    def described(self, name: str) -> Column | None:
        """Return what the contract says of a column, if anything."""
        return self.object.column(name) if self.object else None

    def options(self, name: str) -> dict[str, Any]:
        """Return what the contract says of a column's type and of what is missing in it."""
        return self.object.options(name) if self.object else {}


def folded(name: str) -> str:
    """Return a name as DuckDB compares it: without the case of ASCII letters, and of no others."""
    return "".join(char.lower() if char.isascii() else char for char in name)


def make(data: Path, contract: Contract | None, project: Project | None) -> tuple[list[Part], dict[str, str]]:
    """Find the files and return them with their statements, and the view name of train and holdout.

    Without a project there are neither, and the files are those of the contract.

    Raises SetupError when a file is missing, cannot be read, or lacks a column that pyproject.toml names, and when
    the contract asks for what is not enforced.
    """
    unseen = project.config.evaluate.protected if project else ()
    contract = replace(contract, unseen=unseen) if contract else None
    parts = [_from_contract(data, contract, found) for found in contract.objects] if contract else []
    if project is None:
        return parts, {}
    roles, uncovered = {}, False
    for role, pattern in (("train", project.config.data.train), ("holdout", project.config.data.holdout)):
        file = files.find(data, pattern)
        part = next((part for part in parts if files.same(part.source.parts, file.parts)), None)
        if part is None:
            uncovered = True
            if contract:
                named = [(part.object, part.source.parts) for part in parts if part.object]
                objects.refuse_overlap(contract, named, file, f'{role} = "{pattern}"')
            part = _without_contract(file, role, {part.source.name.casefold() for part in parts}, project)
            parts.append(part)
        elif project.config.evaluate.target not in (*part.source.columns, *part.lacking):
            part.checks.append(structural.target_there(part.source, project.config.evaluate.target))
        check_names(part.source, part.object, project, role, settled=[project.config.evaluate.target, *part.lacking])
        roles[role] = part.source.name
    by_name = {part.source.name: part for part in parts}
    train, holdout = by_name[roles["train"]], by_name[roles["holdout"]]
    alike = structural.same_columns(train.source, holdout.source)
    if uncovered:
        settings = project.config.evaluate
        if settings.target in train.source.columns:
            stated = {one.id for one in train.statements}
            leaks = leaked_target(train.source.name, settings.target, unseen)
            apart = separating_column(train.source, settings.target, unseen, train.options)
            train.statements.extend(one for one in (leaks, apart) if one.id not in stated)
        holdout.checks.append(alike)
    elif all(check.state is State.PASS for check in train.checks) and any(
        name not in holdout.source.columns and train.described(name) is None for name in train.source.columns
    ):
        detail = "A predictor is not handed them: add them to the holdout, or see that training does without."
        told = {"id": f"{holdout.source.name}.sameColumns", "state": State.WARN, "required": False, "detail": detail}
        holdout.checks.append(alike.model_copy(update=told))
    return parts, roles


def statements(contract: Contract, found: Object) -> Iterator[Statement]:
    """Yield what a contract says of one object.

    Raises SetupError naming file and line for what is not enforced.
    """
    own = partial(filterfalse, expectations.is_expectation)
    yield from columns.of_key(contract, found)
    for column in found.columns:
        yield from columns.of_column(contract, found, column)
        yield from (quality.of_rule(contract, found, column, rule) for rule in own(column.rules))
    yield from (quality.of_rule(contract, found, None, rule) for rule in own(found.rules))
    yield from references.of_object(contract, found)


def _from_contract(data: Path, contract: Contract, found: Object) -> Part:
    part = Part(open_source(found.name, *objects.find(data, contract, found)), found)
    part.checks.append(_columns(part, found))
    part.statements.extend(statements(contract, found))
    part.statements.extend(
        separating_column(part.source, column.name, contract.unseen, found.options)
        for column in found.columns
        if any(map(short_forms.is_no_leak, column.rules))
    )
    stated = (one for one in part.statements if not one.needs_rows and one.required)
    if not any(one.judge((0,), 0).state is State.FAIL for one in stated):
        part.statements.insert(0, structural.some_rows(found.name))
    return part


def _columns(part: Part, found: Object) -> Check:
    """Check that the file has the contract's columns, spelled as there; others and their order are free."""
    names = part.source.columns
    lacking = [column.name for column in found.columns if column.name not in names]
    if lacking and len(lacking) == len(found.columns):
        looks_like_data = csvfile.looks_like_data(names)
        # Line 1 may be a row: what it holds is neither quoted nor profiled where a column is classified.
        secret = part.source.format.startswith("csv") and any(column.hidden for column in found.columns)
        if looks_like_data or secret:
            raise SetupError(
                f"{part.source.path.name}:1: the header is missing: line 1 {'looks like data and ' * looks_like_data}"
                f"has none of the contract's columns {listed(lacking)}; put the column names in line 1."
            )
    hints = " ".join(f"{name}: {nearest(name, list(names))}" for name in lacking if nearest(name, list(names)))
    return Check(
        id=f"{found.name}.columns",
        state=State.FAIL if lacking else State.PASS,
        subject="columns",
        actual=f"lacks {listed(lacking)}; has {listed(names)}" if lacking else plural(len(names), "column"),
        expected=listed([column.name for column in found.columns]) or "any",
        detail=hints.strip(),
    )


def _without_contract(file: files.Found, role: str, taken: set[str], project: Project) -> Part:
    source = open_source(role if role not in taken else f"{role} file", *file)
    target = project.config.evaluate.target
    if target not in source.columns and csvfile.looks_like_data(source.columns):
        raise SetupError(
            f"{file.path.name}:1: the header is missing: line 1 looks like data and has no column {target}; "
            "put the column names in line 1, or name the target in [tool.ml-pipeline.evaluate] of pyproject.toml."
        )
    part = Part(source, None, list(structural.of_file(source, target)))
    part.checks.append(structural.target_there(source, target))
    return part
