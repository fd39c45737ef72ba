"""A rule over every slice of a column: one verdict, which no single slice can hide in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ml_steps.config import GateRule
from ml_steps.data import significance
from ml_steps.evaluation.record import EvaluationEvidence, Metric
from ml_steps.evidence import Interval, State, worst
from ml_steps.gate.entries import judge_entry, rule_expects
from ml_steps.gate.judged import Judged, Verdict, judged
from ml_steps.gate.power import LEVEL
from ml_steps.report.order import WORST_FIRST

MOST_PLACES = 5


@dataclass(frozen=True)
class Member:
    """A slice of a family and its verdict."""

    entry: Metric
    verdict: Verdict

    @property
    def good(self) -> bool:
        """Whether it was compared and holds; a warning then is about the comparison."""
        return self.verdict.slack is not None and self.verdict.state in (State.PASS, State.WARN)

    def line(self) -> str:
        """Return the slice with what was measured, and why it could not be compared."""
        verdict = self.verdict
        return f"{self.entry.slice}: {verdict.actual}" + (f". {verdict.detail}" if verdict.slack is None else "")


def holm(p_values: list[float]) -> list[bool]:
    """Return which hypotheses are rejected, so that with probability LEVEL at most any true one is.

    Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.
    """
    return [adjusted <= LEVEL for adjusted in significance.holm(p_values)]


def is_family(rule: GateRule) -> bool:
    """Tell whether a rule is on every slice of a column; fairness compares groups in one entry instead."""
    return rule.every_value and not rule.fairness


def members(rule: GateRule, evaluation: EvaluationEvidence) -> list[Metric]:
    """Return the entries of a family, in the order of the evaluation."""
    return [
        entry
        for entry in evaluation.metrics
        if (entry.metric, entry.group) == (rule.metric, rule.group) and rule.covers(entry.slice)
    ]


def judge_family(rule: GateRule, entries: list[Metric], evaluation: EvaluationEvidence) -> Judged:
    """Judge one or more slices as one.

    not_shown_worse asks whether any slice is worse, so that many slices mean many chances of a false alarm:
    Holm's correction. Bounds and the other claims must hold in each slice, which no correction is needed for
    (intersection-union test; Berger 1982, Technometrics 24, 295-300).
    """
    every = [Member(entry, judge_entry(rule, entry, evaluation, len(entries))) for entry in entries]
    if rule.claim == "not_shown_worse":
        every = _corrected(every)
    every.sort(key=_badness)
    verdict = _together(rule, every)
    drawn: tuple[Interval, ...] = tuple(member.verdict.drawn for member in every if member.verdict.drawn)
    one = judged(rule, verdict, verdict.expected, drawn=drawn)
    lines = [member.line() for member in every if not member.good]
    return replace(one, check=one.check.model_copy(update={"places": lines[:MOST_PLACES]}))


def _corrected(every: list[Member]) -> list[Member]:
    """Return the slices with verdicts by Holm's correction over those that could be compared."""
    rejected = iter(holm([member.verdict.p_harm for member in every if member.verdict.p_harm is not None]))
    return [member if member.verdict.p_harm is None else _by_test(member, harm=next(rejected)) for member in every]


def _by_test(member: Member, *, harm: bool) -> Member:
    verdict = member.verdict
    if not harm and verdict.state is not State.FAIL:
        return member
    state, detail = (State.FAIL, "It is worse there on the same rows.") if harm else (State.PASS, "")
    drawn = verdict.drawn.model_copy(update={"state": state}) if verdict.drawn else None
    return replace(member, verdict=replace(verdict, state=state, drawn=drawn, detail=detail, rows_needed=None))


def _badness(member: Member) -> tuple[int, float]:
    slack = member.verdict.slack
    return WORST_FIRST.index(member.verdict.state), float("-inf") if slack is None else slack


def _together(rule: GateRule, every: list[Member]) -> Verdict:
    first, bad = every[0], sum(not member.good for member in every)
    decisive = [member for member in every if member.verdict.state is first.verdict.state]
    most = max(decisive, key=lambda member: member.verdict.rows_needed or 0)
    good = len(every) - bad
    listed = f" The {MOST_PLACES} worst of {bad} are listed." if bad > MOST_PLACES else ""
    return Verdict(
        state=worst([member.verdict.state for member in every]),
        actual=f"good in {good} of {len(every)} slices; worst {first.entry.slice}: {first.verdict.actual}",
        detail=first.verdict.detail + _rows_of(most, first.verdict.detail) + listed,
        expected=_expects(rule, every),
        rows_needed=most.verdict.rows_needed,
        lacks=first.verdict.lacks if all(member.verdict.lacks for member in every) else "",
    )


def _rows_of(most: Member, said: str) -> str:
    """Return which slice takes most rows, where that is not said: a number alone would read as rows in all."""
    entry, needed = most.entry, most.verdict.rows_needed
    if needed is None or f"rows of {entry.slice} (here" in said:
        return ""
    return f" Each slice takes rows of its own, {entry.slice} the most: {needed:,} (here {entry.n:,})."


def _expects(rule: GateRule, every: list[Member]) -> str:
    tested = sum(member.verdict.p_harm is not None for member in every)
    corrected = f" (Holm's correction over {tested})" if rule.claim == "not_shown_worse" and tested else ""
    return f"{rule_expects(rule)}, in each slice{corrected}"
