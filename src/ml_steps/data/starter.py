"""A first contract in YAML, from the facts of a survey: it holds for the data it came from, and says what to review."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from typing import Any

import yaml

from ml_steps.data.logical import MISSING_TEXT
from ml_steps.data.survey import MISSING_WORDS, ColumnFacts, FileFacts
from ml_steps.data.wording import plural

_HEAD = """\
# Written by `ml-steps contract infer` from the data alone: it says what the data IS, not what it should be.
# Review every line, above all those marked REVIEW, and tighten what must hold of the data to come.
# What each key means is in docs/contract.md; `ml-steps contract check FILE` checks this file without data.
apiVersion: v3.1.0
kind: DataContract
id: {id} # REVIEW: a name of your own
version: 0.1.0
status: draft

schema:
"""
_SHARES = (1, 2, 5, 10, 20, 50, 100)
"""Percent of duplicate rows that are proposed: the first above what was seen."""


def write(found: list[FileFacts], name: str, target: str, classes: bool, further: Sequence[str] = ()) -> str:
    """Return the contract; `classes` says that the target's values are classes, whose shares are then stated.

    `further` are files of the data folder that it says nothing of. Columns of which the same is said are said once.
    """
    identity = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "data"
    rarest = _rarest(found, target) if classes else 0.0
    lines, first = list[str](), list[str]()
    for one in found:
        properties = [line for column in one.columns for line in _column(column, one, target, rarest)]
        lines += [*_object(one), *_unlike(found[0], one, target if classes else "")]
        if first and _said(first) == _said(properties):
            lines.append("    properties: *columns # as above")
        else:
            lines += ["    properties:" if first else "    properties: &columns", *properties]
        first = first or properties
    if further:
        lines.append(f"  # REVIEW: nothing is said of {', '.join(map(_scalar, further))}: add an object for each.")
    return _HEAD.format(id=_scalar(identity)) + "\n".join(lines) + "\n"


def _rarest(found: list[FileFacts], target: str) -> float:
    """Return the share of the rarest class in any of the files, from 0 to 1."""
    shares = (
        min(column.values.values()) / one.rows
        for one in found
        for column in one.columns
        if column.name == target and column.values
    )
    return min(shares, default=0.0)


def _said(properties: list[str]) -> Any:
    return yaml.safe_load("\n".join(properties))


def _object(found: FileFacts) -> Iterator[str]:
    yield f"  - name: {found.name}"
    yield f"    physicalName: {_scalar(found.pattern)} # a file of the data folder, or a folder of parts"
    yield "    quality:"
    yield "      - metric: rowCount"
    yield f"        mustBeGreaterOrEqualTo: {max(1, found.rows // 2)} # REVIEW: half of the {found.rows:,} seen"
    share = next(step for step in _SHARES if 100 * found.repeated < step * found.rows)
    yield "      - metric: duplicateValues # rows that repeat an earlier one"
    yield "        unit: percent"
    yield f"        mustBeLessOrEqualTo: {share} # REVIEW: {found.repeated:,} of {found.rows:,} seen"
    yield from _overlap(found)


def _unlike(train: FileFacts, found: FileFacts, target: str) -> Iterator[str]:
    """Yield what no predictor can be handed, and what is not as in the training file: without a contract it fails."""
    for column in found.columns:
        if column.infinite:
            yield f"    # REVIEW: {column.infinite:,} of {_scalar(column.name)} infinite, which fails: mend the data"
    here, there = ({column.name: column for column in one.columns} for one in (found, train))
    if lacking := [name for name in there if name not in here]:
        yield f"    # REVIEW: it lacks {_scalar(', '.join(lacking))}, which train has: no predictor is handed it"
    if target in here and target in there:
        known, classes = there[target].values or {}, here[target].values or {}
        if known and (new := [value for value in classes if value not in known]):
            yield f"    # REVIEW: no row of train is of the class {_scalar(new)}: no model can learn it"


def _overlap(found: FileFacts) -> Iterator[str]:
    if found.shared is None:
        return
    names, count = found.shared
    if count:
        are = f"{plural(count, 'row')} {'is' if count == 1 else 'are'}"
        yield f"      # REVIEW: {are} in train too, which makes an evaluation too good:"
        yield "      # mend the data, then take `severity: warning` away."
    without = f"; not {_scalar(', '.join(found.ids))}, another value in every row" if found.ids else ""
    yield f"      - type: custom # REVIEW: the columns by which a row is known{without}"
    yield "        engine: ml-pipeline"
    if count:
        yield "        severity: warning"
    yield f"        implementation: {_scalar({'rule': 'noOverlap', 'with': 'train', 'columns': names})}"


def _column(column: ColumnFacts, found: FileFacts, target: str, rarest: float) -> Iterator[str]:
    yield f"      - name: {_scalar(column.name)}"
    yield f"        # {_seen(column)}"
    if column.logical is None:
        yield "        # REVIEW: nested values, or of several kinds; no logicalType that is enforced fits them"
    else:
        yield f"        logicalType: {column.logical}"
    if options := {key: value for key, value in column.options.items() if key != MISSING_TEXT}:
        yield f"        logicalTypeOptions: {_scalar(options)}"
    if words := column.options.get(MISSING_TEXT):
        stated = _scalar([{"property": MISSING_TEXT, "value": words}])
        yield f"        customProperties: {stated} # REVIEW: each of them is a missing value"
    if not column.missing:
        yield "        required: true"
    else:
        asked = "mend the data, a holdout with such a row is not scored:" if column.name == target else "required?"
        yield f"        # REVIEW: {asked} {column.missing:,} of {found.rows:,} values are missing"
    rules = list(_rules(column, rarest if column.name == target else 0.0))
    if column.name == target:
        if found.telling:
            yield f"        # REVIEW: {_scalar(found.telling)} says the same, and a model would learn nothing else:"
            yield "        # mend the data, then take the `severity: warning` of noLeak away."
            rules.append(f"          - {_short({'rule': 'noLeak'}, severity='warning')}")
        else:
            rules.append(f"          - {_short({'rule': 'noLeak'})} # no other column says the same, one to one")
        if found.separating:
            yield f"        # REVIEW: it lies apart by {_scalar(found.separating)}: is that known at prediction time?"
    if rules:
        yield "        quality:"
        yield from rules


def _rules(column: ColumnFacts, rarest: float) -> Iterator[str]:
    if column.past:
        yield f"          - {_short({'rule': 'notInFuture'})}"
    if column.values is None:
        return
    words = [value for value in column.values if value in MISSING_WORDS]
    missing = f"; is {_scalar(', '.join(words))} a missing one (missingText)?" if words else ""
    yield f"          - metric: invalidValues # REVIEW: all values that there may be{missing}"
    yield f"            arguments: {_scalar({'validValues': list(column.values)})}"
    yield "            mustBe: 0"
    least = math.floor(50 * rarest) / 100
    if least:
        form = {"rule": "classBalance", "classes": list(column.values), "minShare": least}
        yield f"          - {_short(form)} # REVIEW: half of the rarest seen"


def _seen(column: ColumnFacts) -> str:
    if column.low is None:
        return "seen: no value"
    unit = " characters" if column.logical in (None, "string") else ""
    return f"seen: {column.low} to {column.high}{unit}"


def _short(form: dict[str, Any], **more: str) -> str:
    return _scalar({"type": "custom", "engine": "ml-pipeline", "implementation": form, **more})


def _scalar(value: object) -> str:
    """Return a value as YAML on one line."""
    text = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, sort_keys=False, width=math.inf)
    if len(text.strip().splitlines()) > 1:  # YAML, too, takes U+0085, U+2028 and U+2029 for line ends
        text = yaml.safe_dump([value], default_flow_style=True, default_style='"', sort_keys=False, width=math.inf)
    return str(text.strip()[1:-1])
