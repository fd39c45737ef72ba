"""The distribution of every column of a file, and counts of its values over the cells of another's.

A column with few different values is categorical; other numbers are seen through bins, other texts through
their length. What is decided here is fixed in the profile, and later data are counted in the same cells.
"""

from __future__ import annotations

import math

from ml_steps.data.distribution import Bins, Categories, Distribution
from ml_steps.data.drift import KNOWN_FROM
from ml_steps.data.model import FileProfile
from ml_steps.data.source import literal
from ml_steps.data.stored import NUMERIC, Stored

MOST_NUMBERS, MOST_TEXTS = 20, 256
"""Different values up to which a number and a text are categorical."""
ROWS_A_CATEGORY = 5
"""Rows that there must be for each category on average; else values are as good as unique."""
BINS = 20


def described(stored: Stored) -> FileProfile:
    """Return the file's profile with the distribution of every column that may show one."""
    found = _categories(stored)
    found |= _bins(stored, [column.name for column in stored.profile.columns if column.name not in found])
    columns = [column.model_copy(update={"distribution": found.get(column.name)}) for column in stored.profile.columns]
    return stored.profile.model_copy(update={"columns": columns, "profiled_rows": stored.rows})


def counted_like(stored: Stored, others: dict[str, Distribution]) -> dict[str, Distribution]:
    """Count columns over the bins and categories of other distributions.

    Categories that the other has not follow its own, unless they are rare. A column that is hidden here, or has no
    values of that kind, is left out.
    """
    found: dict[str, Distribution] = {}
    bins: dict[str, Bins] = {}
    for column, other in others.items():
        if stored.value(column, other.kind) is None:
            continue
        if isinstance(other, Bins):
            bins[column] = other
        else:
            found[column] = _over_names(stored, column, other.names)
    return found | _over_edges(stored, {column: (other.kind, other.edges) for column, other in bins.items()})


def _categories(stored: Stored) -> dict[str, Distribution]:
    """Return the distributions of columns with few values; an estimate passes over those with far too many."""
    numeric = {column.name: column.type in NUMERIC for column in stored.profile.columns}
    values = {name: value for name in numeric if (value := stored.value(name, "stored"))}
    if not values:
        return {}
    estimates = stored.select(", ".join(f"approx_count_distinct({value})" for value in values.values()))[0]
    found: dict[str, Distribution] = {}
    for name, estimate in zip(values, estimates, strict=True):
        most = MOST_NUMBERS if numeric[name] else MOST_TEXTS
        if estimate > 2 * most:
            continue
        counts = stored.categories(name, f"ORDER BY 2 DESC, 1 LIMIT {most + 1}")
        filled = sum(counts.values())
        if counts and len(counts) <= most and len(counts) * ROWS_A_CATEGORY <= filled:
            found[name] = Categories(names=list(counts), counts=list(counts.values()), empty=stored.rows - filled)
    return found


def _bins(stored: Stored, columns: list[str]) -> dict[str, Distribution]:
    """Return the distributions of numbers and lengths, over bins of about equally many rows."""
    kinds = {column.name: "number" if column.type in NUMERIC else "length" for column in stored.profile.columns}
    values = {name: value for name in columns if (value := stored.value(name, kinds[name]))}
    if not values or not stored.rows:
        return {}
    levels = [level / BINS for level in range(1, BINS)]
    quantiles = stored.select(", ".join(f"quantile_disc({value}, {levels})" for value in values.values()))[0]
    edges = {name: (kinds[name], sorted(set(found or ()))) for name, found in zip(values, quantiles, strict=True)}
    return _over_edges(stored, edges)


def _over_edges(stored: Stored, edges: dict[str, tuple[str, list[float]]]) -> dict[str, Distribution]:
    if not edges:
        return {}
    # Edges pass as text: a number with a point would be a decimal to SQL first, and could end beside its value.
    measures = [
        f"histogram({stored.value(column, kind)}, CAST({literal(str(ends))} AS DOUBLE[]))"
        for column, (kind, ends) in edges.items()
    ]
    found: dict[str, Distribution] = {}
    for (column, (kind, ends)), histogram in zip(edges.items(), stored.select(", ".join(measures))[0], strict=True):
        counts = [(histogram or {}).get(end, 0) for end in (*ends, math.inf)]
        found[column] = Bins.model_validate(
            {"kind": kind, "edges": ends, "counts": counts, "empty": stored.rows - sum(counts)}
        )
    return found


def _over_names(stored: Stored, column: str, names: list[str]) -> Categories:
    filled = stored.select(f"count({stored.value(column, 'stored')})")[0][0]
    having = f"HAVING v IN ({', '.join(map(literal, names))}) OR rows >= {KNOWN_FROM}"
    counts = stored.categories(column, f"{having} ORDER BY 2 DESC, 1")
    every = [*names, *(name for name in counts if name not in set(names))]
    known = [counts.get(name, 0) for name in every]
    return Categories(names=every, counts=known, empty=stored.rows - filled, rare=filled - sum(known))
