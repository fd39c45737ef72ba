"""What data/README.md says of the committed files and contract.yaml does not check."""

import csv
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

DATA = Path(__file__).parent.parent / "data"
COUNTS = {
    "train": {"tweets": (824, 670, 1812), "amazon": (938, 580, 1354)},
    "holdout": {"tweets": (206, 168, 453), "amazon": (268, 158, 350)},
}
START = {"train": datetime(2025, 1, 1, tzinfo=UTC), "holdout": datetime(2026, 1, 1, tzinfo=UTC)}

# The pipeline runs the tests without the data.
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the data folder is not here")


def rows_of(name: str) -> list[dict[str, str]]:
    with (DATA / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["train", "holdout"])
def test_counts_and_timestamps(name: str) -> None:
    rows = rows_of(name)
    counts = Counter((row["source"], int(row["label"])) for row in rows)
    assert counts == {
        (source, label): count
        for source, of_source in COUNTS[name].items()
        for label, count in enumerate(of_source)
    }
    times = [datetime.fromisoformat(row["timestamp"]) for row in rows]
    assert times == [START[name] + number * timedelta(hours=1) for number in range(len(rows))]


def test_no_text_twice_but_for_case_and_spaces() -> None:
    texts = [" ".join(row["text"].casefold().split()) for name in COUNTS for row in rows_of(name)]
    assert len(texts) == len(set(texts))
