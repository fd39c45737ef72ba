"""The order in which endpoints are asked. Pure but for the calls themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def alternate(endpoints: Sequence[Callable[[int], T]], first: int = 0) -> Iterator[tuple[T, ...]]:
    """Yield round after round what each endpoint answers to the round's number, from `first` on, in their order.

    They are asked forwards and backwards by turns, ABBA for two, so that neither always comes first.
    """
    number = first
    while True:
        turn = list(enumerate(endpoints))
        answers = {place: endpoint(number) for place, endpoint in (turn[::-1] if number % 2 else turn)}
        yield tuple(answers[place] for place in range(len(turn)))
        number += 1
