"""A first contract in YAML, from the facts of a survey: it holds for the data it came from, and says what to review."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import yaml

from ml_steps.data.survey import ColumnFacts, FileFacts

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


def write(found: list[FileFacts], name: str, target: str, classes: bool) -> str:
    """Return the contract; `classes` says that the target's values are classes, whose shares are then stated."""
    identity = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "data"
    lines = [line for one in found for line in _object(one, target, classes)]
    return _HEAD.format(id=_scalar(identity)) + "\n".join(lines) + "\n"


def _object(found: FileFacts, target: str, classes: bool) -> Iterator[str]:
    yield f"  - name: {found.name}"
    yield f"    physicalName: {_scalar(found.pattern)} # one file of the data folder"
    yield "    quality:"
    yield "      - metric: rowCount"
    yield f"        mustBeGreaterOrEqualTo: {max(1, found.rows // 2)} # REVIEW: half of the {found.rows:,} seen"
    share = math.ceil(100 * found.repeated / found.rows)
    yield "      - metric: duplicateValues # rows that repeat an earlier one"
    yield "        unit: percent"
    yield f"        mustBeLessOrEqualTo: {share} # REVIEW: {found.repeated:,} of {found.rows:,} seen"
    yield from _overlap(found)
    yield "    properties:"
    for column in found.columns:
        yield from _column(column, found.rows, classes and column.name == target)


def _overlap(found: FileFacts) -> Iterator[str]:
    if found.shared is None:
        return
    names, count = found.shared
    mark = ""
    if count:
        mark = "# "
        yield f"      # REVIEW: {count:,} rows are in train too, which makes an evaluation too good;"
        yield "      # mend the data, then take the # away:"
    yield f"      {mark}- type: custom # REVIEW: the columns by which a row is known"
    yield f"      {mark}  engine: ml-pipeline"
    yield f"      {mark}  implementation: {_scalar({'rule': 'noOverlap', 'with': 'train', 'columns': names})}"


def _column(column: ColumnFacts, rows: int, classes: bool) -> Iterator[str]:
    yield f"      - name: {_scalar(column.name)}"
    yield f"        # {_seen(column)}"
    if column.logical is None:
        yield "        # REVIEW: a nested value; no logicalType that is enforced fits it"
    else:
        yield f"        logicalType: {column.logical}"
    if column.options:
        yield f"        logicalTypeOptions: {_scalar(column.options)}"
    if not column.missing:
        yield "        required: true"
    else:
        yield f"        # REVIEW: required? {column.missing:,} of {rows:,} values are missing"
    rules = list(_rules(column, rows, classes))
    if rules:
        yield "        quality:"
        yield from rules


def _rules(column: ColumnFacts, rows: int, classes: bool) -> Iterator[str]:
    if column.past:
        yield f"          - {_short({'rule': 'notInFuture'})}"
    if column.values is None:
        return
    yield "          - metric: invalidValues # REVIEW: all values that there may be"
    yield f"            arguments: {_scalar({'validValues': list(column.values)})}"
    yield "            mustBe: 0"
    least = math.floor(50 * min(column.values.values()) / rows) / 100
    if classes and least:
        form = {"rule": "classBalance", "classes": list(column.values), "minShare": least}
        yield f"          - {_short(form)} # REVIEW: half of the rarest seen"


def _seen(column: ColumnFacts) -> str:
    if column.low is None:
        return "seen: no value"
    unit = " characters" if column.logical in (None, "string") else ""
    return f"seen: {column.low} to {column.high}{unit}"


def _short(form: dict[str, Any]) -> str:
    return _scalar({"type": "custom", "engine": "ml-pipeline", "implementation": form})


def _scalar(value: object) -> str:
    """Return a value as YAML on one line."""
    text = yaml.safe_dump([value], default_flow_style=True, allow_unicode=True, sort_keys=False, width=math.inf)
    if "\n" in text.strip():
        text = yaml.safe_dump([value], default_flow_style=True, default_style='"', sort_keys=False, width=math.inf)
    return str(text.strip()[1:-1])
