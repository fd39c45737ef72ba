"""Pictures of the data: class balance, text lengths and missing values. Hidden columns show none."""

from __future__ import annotations

import math

from ml_steps.data import logical
from ml_steps.data.model import FileProfile
from ml_steps.data.session import RAW, Session
from ml_steps.data.source import quoted
from ml_steps.evidence import Bars, Chart, Histogram

MAX_CLASSES = 20
BINS = 20
_A_TEXT = 40
"""Characters of its longest value from which a column is taken for a text."""


def draw(session: Session, profiles: list[FileProfile], target: str, classes: bool) -> list[Chart]:
    """Return the charts of the training and the holdout file (and of others that a contract names)."""
    charts: list[Chart] = []
    for profile in profiles:
        if not profile.rows:
            continue
        hidden = {column.name for column in profile.columns if column.hidden}
        names = {column.name for column in profile.columns}
        if classes and target in names - hidden:
            charts.append(_balance(session, profile, target))
        missing = [column for column in profile.columns if column.missing]
        if missing:
            shares = [100 * column.missing / profile.rows for column in missing]
            title = f"Missing values, {profile.file}"
            charts.append(Bars(title=title, labels=[column.name for column in missing], values=shares, unit="%"))
    return charts + _lengths(session, [profile for profile in profiles if profile.rows], target)


def _balance(session: Session, profile: FileProfile, target: str) -> Bars:
    rows = session.rows(
        f"SELECT {quoted(target)}, count(*) FROM {RAW}.{quoted(profile.name)} WHERE NOT {logical.missing(target)} "
        f"GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT {MAX_CLASSES}"
    )
    rows.sort(key=lambda row: _natural(str(row[0])))
    return Bars(
        title=f"Class balance, {profile.file}",
        labels=[str(name)[:40] for name, _ in rows],
        values=[100 * count / profile.rows for _, count in rows],
        unit="%",
    )


def _natural(name: str) -> tuple[float, str]:
    try:
        value = float(name)
    except ValueError:
        return math.inf, name
    return (value, name) if math.isfinite(value) else (math.inf, name)


def _lengths(session: Session, profiles: list[FileProfile], target: str) -> list[Chart]:
    """Return the lengths of the text with the longest values, over the same bins in every file."""
    longest: dict[str, int] = {}
    for profile in profiles:
        for column in profile.columns:
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
    for profile in profiles:
        if name not in {column.name for column in profile.columns}:
            continue
        rows = session.rows(
            f"SELECT length({quoted(name)}) // {width}, count(*) FROM {RAW}.{quoted(profile.name)} "
            f"WHERE NOT {logical.missing(name)} GROUP BY 1"
        )
        counts = {int(bucket): int(count) for bucket, count in rows}
        charts.append(
            Histogram(
                title=f"Length of {name}, {profile.file}",
                edges=edges,
                counts=[counts.get(index, 0) for index in range(BINS)],
                x_label="characters",
            )
        )
    return charts
