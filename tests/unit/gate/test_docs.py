"""docs/gates.md: its examples are configurations that are accepted, and its numbers are true."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from ml_steps import metrics
from ml_steps.config import Decision, GateRule
from ml_steps.errors import EXIT_FAIL
from ml_steps.evidence import State
from ml_steps.gate.entries import FEWEST_GROUPS
from ml_steps.gate.power import Z_LEVEL, Z_POWER, rows_needed
from ml_steps.project import parse_project

TEXT = (Path(__file__).parents[3] / "docs" / "gates.md").read_text(encoding="utf-8")
PROOF = (Path(__file__).parents[3] / "docs" / "gates-proof.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_every_example_is_a_configuration(example: str) -> None:
    config = parse_project(example, frozenset({"pyproject.toml"})).config
    assert config.gate or config.decision != Decision()


def test_every_metric_and_every_setting_of_a_rule_is_named() -> None:
    assert len(EXAMPLES) >= 8
    wanted = {*metrics.names("classification"), *metrics.names("regression"), *GateRule.model_fields}
    assert [name for name in sorted(wanted) if f"`{name}" not in TEXT and f"{name} = " not in TEXT] == []


@pytest.mark.parametrize("rows", [500, 1_500, 5_000, 20_000])
def test_the_table_of_what_rows_show(rows: int) -> None:
    error = math.sqrt(0.1 / rows)  # a tenth of the answers changed
    share = 0.5 * math.erfc(-(0.01 / error - Z_LEVEL) / math.sqrt(2))
    shown = f"{share:.1%}" if share > 0.99 else f"{share:.0%}"
    cell = shown.replace("%", " %")
    assert f"| {rows:,} | {cell} | {cell} |" in TEXT


def test_the_rows_of_the_sentence() -> None:
    assert f"about {rows_needed(1_500, math.sqrt(0.1 / 1_500), 0.01):,} rows (here 1,500)" in TEXT
    assert f"{Z_LEVEL + Z_POWER:.2f} · error" in TEXT


def test_the_fewest_groups() -> None:
    assert f"at least {FEWEST_GROUPS} groups" in TEXT


def test_what_a_review_is_called_and_takes() -> None:
    assert f"the state `{State.INSUFFICIENT}`; not published | {EXIT_FAIL} |" in TEXT


def test_the_drops_that_pass_agree_with_those_that_were_simulated() -> None:
    [simulated] = re.findall(r"\| 5,000 \| 2 m \| ([\d.]+) \|", PROOF)
    assert f"and {float(simulated):.0f} % when they were" in TEXT
    [reckoned] = re.findall(r"at 5,000 rows about (\d+) % of such drops still pass", TEXT)
    assert f"({reckoned} by the normal approximation" in PROOF
