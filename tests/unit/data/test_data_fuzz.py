"""A few hundred broken files; `python -m tests.fuzz` tries as many as you like."""

from __future__ import annotations

from tests import fuzz


def test_broken_files_are_read_as_plain_python_does() -> None:
    outcomes, difference = fuzz.run(400, seed=1)
    assert difference == ""
    for suffix in (".csv", ".csv.gz", ".csv.zst", ".jsonl", ".parquet"):
        assert outcomes[f"{suffix} read"] > 10
        assert outcomes[f"{suffix} refused"] > 10
