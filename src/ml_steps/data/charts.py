"""Pictures of the data: class balance, text lengths and missing values. Hidden columns show no values."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ml_steps.data.stored import Stored
from ml_steps.evidence import Bars, Chart, Histogram

MAX_CLASSES = 20
BINS = 20
_A_TEXT = 40
"""Characters of its longest value from which a column is taken for a text."""


def draw(files: Sequence[Stored], target: str, classes: bool) -> list[Chart]:
    """Return the charts of the training and the holdout file (and of others that a contract names)."""
    charts: list[Chart] = []
    filled = [stored for stored in files if stored.rows]
    for stored in filled:
        profile = stored.profile
        if classes and stored.value(target, "category"):
            charts.append(_balance(stored, target))
        missing = [column for column in profile.columns if column.missing]
        if missing:
            shares = [100 * column.missing / profile.rows for column in missing]
            title = f"Missing values, {profile.file}"
            charts.append(Bars(title=title, labels=[column.name for column in missing], values=shares, unit="%"))
    return charts + _lengths(filled, target)


def _balance(stored: Stored, target: str) -> Bars:
    counts = stored.categories(target, f"ORDER BY 2 DESC, 1 LIMIT {MAX_CLASSES}")
    rows = sorted(counts.items(), key=lambda row: _natural(row[0]))
    return Bars(
        title=f"Class balance, {_named(stored)}",
        labels=[name[:40] for name, _ in rows],
        values=[100 * count / stored.rows for _, count in rows],
        unit="%",
    )


def _natural(name: str) -> tuple[float, str]:
    try:
        value = float(name)
    except ValueError:
        return math.inf, name
    return (value, name) if math.isfinite(value) else (math.inf, name)


def _lengths(files: Sequence[Stored], target: str) -> list[Chart]:
    """Return the lengths of the text with the longest values, over the same bins in every file."""
    longest: dict[str, int] = {}
    for stored in files:
        for column in stored.profile.columns:
            if column.type == "string" and column.name != target and column.max_length:
                longest[column.name] = max(longest.get(column.name, 0), column.max_length)
    if not longest:
        return []
    name = max(longest, key=lambda column: longest[column])
    if longest[name] < _A_TEXT:
        return []
    width = math.ceil((longest[name] + 1) / BINS)
    edges = [float(width * index) for index in range(BINS + 1)]
    charts: list[Chart] = []
    for stored in files:
        length = stored.value(name, "length")
        if length is None:
            continue
        counts = dict(stored.select(f"CAST(floor({length} / {width}) AS INTEGER), count(*)", "GROUP BY 1"))
        charts.append(
            Histogram(
                title=f"Length of {name}, {_named(stored)}",
                edges=edges,
                counts=[counts.get(index, 0) for index in range(BINS)],
                x_label="characters",
            )
        )
    return charts


def _named(stored: Stored) -> str:
    """Return the file's name, and how much of it is drawn where that is a sample."""
    file, rows = stored.profile.file, stored.rows
    return file if rows == stored.profile.rows else f"{file} (a sample of {rows:,} rows)"
