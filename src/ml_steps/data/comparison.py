"""The data beside their reference: which columns drifted, and how the number of rows changed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from ml_steps.data import compared as said
from ml_steps.data import drift, profile
from ml_steps.data.compared import Compared
from ml_steps.data.drift import LEAST_ROWS, Decision
from ml_steps.data.expectations import Expectation, Limit
from ml_steps.data.model import ColumnDrift, FileProfile
from ml_steps.data.reference import Profile
from ml_steps.data.stored import Stored
from ml_steps.errors import SetupError
from ml_steps.evidence import Check


@dataclass
class Comparison:
    """What came of it."""

    checks: list[Check] = field(default_factory=list)
    decided: list[tuple[Compared, Decision]] = field(default_factory=list)

    @property
    def drift(self) -> list[ColumnDrift]:
        """The figures, as evidence."""
        return [
            ColumnDrift(
                object=one.object,
                column=one.column,
                measure="kolmogorov_smirnov" if one.cells.ordered else "total_variation",
                distance=round(decision.difference.distance, 6),
                threshold=one.limit.max_distance,
                p_value=decision.difference.p_value,
                p_adjusted=decision.p_adjusted,
                drifted=decision.drifted,
            )
            for one, decision in self.decided
        ]


def compare(
    expected: Iterable[Expectation], before: Profile | None, files: dict[str, Stored], train: str
) -> Comparison:
    """Compare files with a reference; a rule that is stated of a file that it has not is shown as skipped.

    Raises SetupError where it has not the training file, whose name is `train`.
    """
    found, compared = Comparison(), []
    for one in expected:
        there, here = _before(before, one.object, train, files), files[one.object]
        if there is None:
            found.checks += _skipped(one, before, train)
            continue
        rows = (there.rows, here.profile.rows)
        found.checks += [said.row_change(one.object, limit, rows) for limit in one.rows]
        rows = (there.profiled_rows, here.rows)
        if min(rows) < LEAST_ROWS:
            found.checks += [said.too_few(one.object, name, limit, rows) for name, limit in _of_columns(one)]
            continue
        found.checks += said.gone(one, there, here.profile)
        pairs = list(_in_same_cells(one, there, here))
        compared += pairs
        found.checks += said.left_out(one, there, here.profile, {pair.column for pair in pairs})
    judged = drift.decide(
        [drift.difference(one.cells) for one in compared], [one.limit.max_distance for one in compared]
    )
    found.decided = list(zip(compared, judged, strict=True))
    found.checks += [said.judged(one, decision) for one, decision in found.decided]
    return found


def _before(reference: Profile | None, name: str, train: str, files: Collection[str]) -> FileProfile | None:
    """Return what a file is compared with; for train a model's only one, by whatever name it had then."""
    if reference is None:
        return None
    alone = name == train and len(reference.files) == 1 and reference.files[0].name not in files
    return reference.files[0] if alone else reference.file(name)


def _skipped(expected: Expectation, before: Profile | None, train: str) -> list[Check]:
    """Return the stated rules of a file that the reference has not, as that of a model has the training file alone."""
    why = "no --reference is given"
    if before is not None:
        why = f"the reference holds {before.names}; give one with {expected.object} as --reference"
        if expected.object == train:
            raise SetupError(
                f"--reference: its profile holds {before.names}; expected {train}; pass the one that fits."
            )
    return [said.skipped(expected.object, name, limit, why) for name, limit in _limits(expected) if limit.stated]


def _in_same_cells(expected: Expectation, there: FileProfile, here: Stored) -> Iterator[Compared]:
    """Yield the columns that can be compared, the later data counted in the reference's cells."""
    known = {column.name for column in here.profile.columns}
    others = {
        column.name: column.distribution
        for column in there.columns
        if column.distribution and column.name in known and expected.of(column.name)
    }
    counted = profile.counted_like(here, others)
    for name, other in others.items():
        limit = expected.of(name)
        if limit and name in counted:
            yield Compared(expected.object, name, limit, counted[name], said.cells(other, counted[name]))


def _limits(expected: Expectation) -> list[tuple[str, Limit]]:
    return [*(("", limit) for limit in expected.rows), *_of_columns(expected)]


def _of_columns(expected: Expectation) -> list[tuple[str, Limit]]:
    every = [("", expected.every_column)] if expected.every_column else []
    return [*every, *expected.columns.items()]
