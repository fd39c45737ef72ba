"""What a terminal shows while the data is read for longer than two seconds; anywhere else nothing is shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

AFTER = 2.0
"""Seconds before anything is shown."""
_EVERY = 0.5
_WIDTH = 24
_WIPE = "\r\x1b[K"


@contextmanager
def bar(stream: TextIO) -> Iterator[Callable[[str, float], None]]:
    """Yield a function that takes what runs now, and the share (0 to 1) of the work that is done before it.

    How far one step is cannot be known, so the bar stands still within it while the seconds go on.
    """
    if not stream.isatty():
        yield lambda name, share: None
        return
    now: tuple[str, float] = ("", 0.0)
    started, over = time.monotonic(), threading.Event()

    def step(name: str, share: float) -> None:
        nonlocal now
        now = name, share

    def draw() -> None:
        if over.wait(AFTER):
            return
        while not over.wait(_EVERY):
            stream.write(_WIPE + line(*now, time.monotonic() - started))
            stream.flush()
        stream.write(_WIPE)
        stream.flush()

    thread = threading.Thread(target=draw, daemon=True)
    thread.start()
    try:
        yield step
    finally:
        over.set()
        thread.join()


def line(name: str, share: float, seconds: float) -> str:
    """Return the bar, what runs now and the seconds so far, in less than 80 columns."""
    filled = int(_WIDTH * share)
    return f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {seconds:.0f} s: {name}"[:79]
