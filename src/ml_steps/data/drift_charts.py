"""Pictures of the columns beside their reference: the shares of the same bins or categories."""

from __future__ import annotations

from collections.abc import Sequence

from ml_steps.data.compared import Compared
from ml_steps.data.distribution import Bins, Categories
from ml_steps.data.drift import Decision
from ml_steps.evidence import Pairs

MOST_CHARTS = 12
MOST_CATEGORIES = 12
_EVERY = 2
"""Bins that are drawn as one."""


def draw(decided: Sequence[tuple[Compared, Decision]]) -> list[Pairs]:
    """Return the charts of at most twelve columns, those that drifted first, else the largest distances."""
    order = sorted(decided, key=lambda pair: (not pair[1].drifted, -pair[1].difference.distance))
    return [_chart(one) for one, _ in order[:MOST_CHARTS]]


def _chart(one: Compared) -> Pairs:
    rows = _of_bins(one, one.now) if isinstance(one.now, Bins) else _of_categories(one, one.now)
    there, here = one.cells.totals
    what = f"Length of {one.column}" if one.now.kind == "length" else one.column
    return Pairs(
        title=f"{what}, {one.object} beside the reference",
        series=("reference", "here"),
        labels=[label[:40] for label, _, _ in rows],
        values=[(round(100 * before / there, 1), round(100 * now / here, 1)) for _, before, now in rows],
        unit="%",
    )


def _of_bins(one: Compared, now: Bins) -> list[tuple[str, int, int]]:
    ends = [*map(_short, now.edges), ""]
    rows, low = _empty(one), ""
    for start in range(0, len(ends), _EVERY):
        part = slice(start + 1, start + 1 + _EVERY)
        high = ends[min(start + _EVERY, len(ends)) - 1]
        label = f"{low} to {high}" if low and high else f"to {high}" if high else f"more than {low}" if low else "any"
        rows.append((label, sum(one.cells.reference[part]), sum(one.cells.current[part])))
        low = high
    return rows


def _of_categories(one: Compared, now: Categories) -> list[tuple[str, int, int]]:
    named = zip(now.names, one.cells.reference[1:], one.cells.current[1:], strict=True)
    shown = sorted(named, key=lambda row: -max(row[1], row[2]))[:MOST_CATEGORIES]
    before = one.cells.totals[0] - one.cells.reference[0] - sum(row[1] for row in shown)
    after = one.cells.totals[1] - one.cells.current[0] - sum(row[2] for row in shown)
    return [*_empty(one), *shown, *([("others", before, after)] if before or after else [])]


def _empty(one: Compared) -> list[tuple[str, int, int]]:
    before, now = one.cells.reference[0], one.cells.current[0]
    return [("no value", before, now)] if before or now else []


def _short(edge: float) -> str:
    return f"{edge:,.0f}" if abs(edge) >= 1_000 else f"{edge:.3g}"
