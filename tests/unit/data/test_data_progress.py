"""The bar: on a terminal, for long work alone, and gone at the end."""

from __future__ import annotations

import io
import threading

import pytest

from ml_steps.data import progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal, and tells when something was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written = threading.Event()

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        made = super().write(text)
        if "train.csv" in text:
            self.written.set()
        return made


def test_long_work_is_shown_on_a_terminal_and_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)
    monkeypatch.setattr(progress, "_EVERY", 0.001)
    stream = Terminal()
    with progress.bar(stream) as step:
        step("checking train.csv", 0.5)
        assert stream.written.wait(60)
    assert "[############............] 0 s: checking train.csv" in stream.getvalue()
    assert stream.getvalue().endswith("\r\x1b[K")


@pytest.mark.parametrize(("stream", "after"), [(Terminal(), 1000), (io.StringIO(), 0)])
def test_nothing_is_shown_for_short_work_or_elsewhere(
    monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, after: float
) -> None:
    monkeypatch.setattr(progress, "AFTER", after)
    monkeypatch.setattr(progress, "_EVERY", 0.001)
    with progress.bar(stream) as step:
        step("checking train.csv", 0.5)
    assert stream.getvalue() == ""


def test_an_error_ends_the_bar_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "AFTER", 0)
    before = threading.active_count()
    with pytest.raises(ValueError, match="x"), progress.bar(Terminal()):
        raise ValueError("x")
    assert threading.active_count() == before


def test_a_line_is_never_wider_than_a_terminal() -> None:
    assert len(progress.line("checking " + "x" * 200, 1, 3600)) < 80
