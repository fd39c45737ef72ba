"""The order of the rounds."""

from __future__ import annotations

from itertools import islice

from ml_steps.latency.alternate import alternate


def test_two_are_asked_abba_and_answer_in_their_own_order() -> None:
    asked: list[tuple[str, int]] = []

    def endpoint(name: str, number: int) -> str:
        asked.append((name, number))
        return f"{name}{number}"

    rounds = alternate([lambda number: endpoint("A", number), lambda number: endpoint("B", number)])
    assert list(islice(rounds, 3)) == [("A0", "B0"), ("A1", "B1"), ("A2", "B2")]
    assert asked == [("A", 0), ("B", 0), ("B", 1), ("A", 1), ("A", 2), ("B", 2)]
