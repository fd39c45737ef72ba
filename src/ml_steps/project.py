"""A project as its root folder describes it, and what is said where pyproject.toml describes it wrongly."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from ml_steps import linters, metrics
from ml_steps.config import Config, GateRule, Packages, Table
from ml_steps.errors import SetupError
from ml_steps.lockfile import canonical

MARKERS = ("pyproject.toml", "requirements.txt", "src")
"""A folder is taken for a project when it holds one of these."""
CONTRACT = "contract.yaml"
"""The data contract where there is one of this name and the configuration names no other."""
CASES = "cases.jsonl"
"""The behavioural cases, likewise."""


@dataclass(frozen=True)
class Project:
    """A project as its root folder describes it."""

    config: Config
    name: str
    """As pyproject.toml has it; empty where it names none."""
    names: frozenset[str]
    """Names in the project's root folder."""
    requires_python: str
    """PEP 440 specifiers; empty where the project names none."""
    linters: tuple[str, ...]
    """Those that it configures; ruff always."""
    is_package: bool
    """Whether pyproject.toml has a [build-system], so that others would install it."""

    def lint_tools(self) -> tuple[str, ...]:
        """Return which linters run: those asked for, else ruff and what the project configures."""
        return self.config.lint.tools or self.linters

    @property
    def groups(self) -> tuple[str, ...]:
        """The columns whose equal values the gate's rules hold together."""
        return tuple(dict.fromkeys(rule.group for rule in self.config.gate if rule.group is not None))

    @property
    def carried(self) -> tuple[str, ...]:
        """The columns that the evaluation needs of the holdout besides the target, none of them twice."""
        settings = self.config.evaluate
        return tuple(dict.fromkeys((*settings.slices, *settings.protected, *self.groups)))


def parse_project(pyproject: str | None, names: frozenset[str], settings: Mapping[str, str] | None = None) -> Project:
    """Read a project from the text of its pyproject.toml (None: it has none) and its root's names.

    `settings` is the text of those files of `linters.SETTINGS` that are there.

    Raises SetupError, in one sentence, when the folder is no project, the TOML does not parse, or
    [tool.ml-pipeline] has an unknown key (naming the nearest valid one) or a value that is not allowed.
    """
    if not names & set(MARKERS):
        raise SetupError(
            f"This folder is no project: it has none of {', '.join(MARKERS)}; "
            "run in the project's root or pass it with --source."
        )
    try:
        document = tomllib.loads(pyproject or "")
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"pyproject.toml: not valid TOML: {error}; mend it there.") from None
    tool, project = _table(document, "tool"), _table(document, "project")
    _refuse_misnamed(document, tool)
    try:
        config = Config.model_validate(tool.get("ml-pipeline", {}))
    except ValidationError as error:
        raise SetupError(_explain(error, _table(tool, "ml-pipeline"))) from None
    if config.data.contract is None and CONTRACT in names:
        config = config.model_copy(update={"data": config.data.model_copy(update={"contract": CONTRACT})})
    if config.evaluate.cases is None and CASES in names:
        config = config.model_copy(update={"evaluate": config.evaluate.model_copy(update={"cases": CASES})})
    for number, rule in enumerate(config.gate, start=1):
        if unknown := _unknown_name(rule, config):
            raise SetupError(f"pyproject.toml: {_numbered(number, rule.id)} {unknown}.")
    if "uv.lock" in names and (unknown := _unknown_packages(config, document)):
        raise SetupError(f"pyproject.toml: [tool.ml-pipeline.dependencies] {unknown}")
    return Project(
        config=config,
        name=str(project.get("name", "")),
        names=names,
        requires_python=str(project.get("requires-python", "")),
        linters=linters.configured(tool, settings or {}),
        is_package="build-system" in document,
    )


def _refuse_misnamed(document: dict[str, Any], tool: dict[str, Any]) -> None:
    """Stop at a table that is meant for us and not read, being called otherwise or outside of [tool]."""
    for name in document:
        plain = name.lower().replace("_", "-")
        if plain == "ml-pipeline":
            raise _not_read(name, "tool.ml-pipeline")
        if plain in Config.model_fields:
            raise _not_read(name, f"tool.ml-pipeline.{plain}")
    for name in tool.keys() - {"ml-pipeline"}:
        if nearest(name.replace("_", "-"), ["ml-pipeline"], cutoff=0.9):
            raise _not_read(f"tool.{name}", "tool.ml-pipeline")


def _not_read(name: str, meant: str) -> SetupError:
    return SetupError(f'pyproject.toml: [{name}] is not read; did you mean "{meant}"? Rename it.')


def _table(document: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a table of somebody else's; where something else stands there, its owner will say so."""
    table = document.get(name)
    return table if isinstance(table, dict) else {}


def _unknown_packages(config: Config, document: dict[str, Any]) -> str:
    """Say which group or extra is named and not there."""
    there = {
        "groups": _table(document, "dependency-groups"),
        "extras": _table(_table(document, "project"), "optional-dependencies"),
    }
    for purpose, packages in config.dependencies:
        if not isinstance(packages, Packages):
            continue  # system
        for kind, named in (("groups", packages.groups), ("extras", packages.extras)):
            known = set(map(canonical, there[kind])) | (
                {"dev"} if kind == "groups" else set()
            )  # [tool.uv] may define dev
            for name in named:
                if canonical(name) not in known:
                    hint = nearest(name, list(there[kind])) or f"{kind} there: {', '.join(there[kind]) or 'none'}; "
                    return f'{purpose}: pyproject.toml defines no {kind[:-1]} "{name}"; {hint}mend it there.'
    return ""


def nearest(name: str, valid: list[str], cutoff: float = 0.5) -> str:
    """Return the hint `did you mean "x"? ` for the nearest of the valid names, or nothing."""
    close = [one for one in valid if one.casefold() == name.casefold()]
    close = close or difflib.get_close_matches(name, valid, n=1, cutoff=cutoff)
    return f'did you mean "{close[0]}"? ' if close else ""


def _unknown_name(rule: GateRule, config: Config) -> str:
    """Say which name in a rule nothing will be measured under; values and classes are known only from the data."""
    if not metrics.known(rule.metric, config.task):
        valid = metrics.names(config.task)
        hint = nearest(rule.metric, valid) or f"metrics: {', '.join(valid)}; "
        return f'metric = "{rule.metric}": a {config.task} has no such metric; {hint}mend it there'
    column = (rule.slice or "").partition("=")[0]
    key = "protected" if rule.fairness else "slices"
    columns = list(config.evaluate.protected if rule.fairness else config.evaluate.slices)
    if column and column not in columns:
        named = f"columns there: {', '.join(columns)}" if columns else f'add {key} = ["{column}"] there'
        return (
            f'slice = "{rule.slice}": [tool.ml-pipeline.evaluate] {key} does not name the column "{column}"; '
            f"{nearest(column, columns)}{named}"
        )
    if rule.group is not None and rule.group in (config.evaluate.target, column):
        return f'group = "{rule.group}": rows of one {rule.group} are no group; name a column such as user_id there'
    return ""


def _numbered(number: int, id_: object) -> str:
    """Return how a message names a rule: by its number, and by its id where it has one."""
    named = f' ("{id_}")' if isinstance(id_, str) and id_ else ""
    return f"[[tool.ml-pipeline.gate]] number {number}{named}"


def _explain(error: ValidationError, settings: Mapping[str, Any]) -> str:
    """Turn pydantic's first complaint into one sentence that names the table, the key and what is allowed."""
    first = error.errors()[0]
    # What remains of the path is a key's: an alternative of its type, such as "int", is none.
    model: type[Table] = Config
    location, table, rule, key = list(first["loc"]), "tool.ml-pipeline", "", ""
    while location and isinstance(location[0], str):
        key = str(location.pop(0))
        field = model.model_fields.get(key)
        inner = GateRule if key == "gate" and location else field.annotation if field else None
        if not (isinstance(inner, type) and issubclass(inner, Table)):
            break
        if not location and first["type"] != "value_error":
            break
        if inner is GateRule:
            number = int(location.pop(0))
            given = settings["gate"][number]
            rule = _numbered(number + 1, given.get("id") if isinstance(given, dict) else None)
        model, table, key = inner, f"{table}.{key}", ""
    if key and location and isinstance(location[0], int):
        key = f"{key}[{location[0]}]"
    where = rule or f"[{table}]"
    if first["type"] == "extra_forbidden":
        valid = list(model.model_fields)
        return f'pyproject.toml: {where} has no key "{key}"; {nearest(key, valid)}valid keys: {", ".join(valid)}.'
    wrong = first["type"] != "missing" and not isinstance(first["input"], dict)
    subject = " ".join(part for part in (where, f"{key} = {first['input']!r}" if key and wrong else key) if part)
    if key == "gate" and isinstance(first["input"], dict):
        return (
            f"pyproject.toml: {where} gate is one table; expected [[tool.ml-pipeline.gate]], in two pairs of brackets."
        )
    message = first["msg"].removeprefix("Value error, ").replace("valid tuple", "list").replace("Tuple", "The list")
    return f"pyproject.toml: {subject}: {message[0].lower() + message[1:]}; mend it there."
