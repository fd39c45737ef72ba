"""The order of the rounds."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from ml_steps.latency import paired
from ml_steps.latency.alternate import alternate


def test_two_are_asked_abba_and_answer_in_their_own_order() -> None:
    asked: list[tuple[str, int]] = []

    def endpoint(name: str, number: int) -> str:
        asked.append((name, number))
        return f"{name}{number}"

    rounds = alternate([lambda number: endpoint("A", number), lambda number: endpoint("B", number)])
    assert list(islice(rounds, 3)) == [("A0", "B0"), ("A1", "B1"), ("A2", "B2")]
    assert asked == [("A", 0), ("B", 0), ("B", 1), ("A", 1), ("A", 2), ("B", 2)]


def test_what_is_judged_is_timed_on_rows_not_asked_before(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paired, "PAUSE_SECONDS", 0)
    asked: list[int] = []

    class Service:
        def seconds(self, what: str, number: int) -> float:
            if what == "single":
                asked.append(number)
            return 1.0

    both: Any = (Service(), Service())
    paired.series(both, "single", 200)
    before = set(asked)
    asked.clear()
    paired.spread(both, 200)
    assert len(set(asked)) == 200
    assert not before & set(asked)
