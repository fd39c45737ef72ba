"""Running a command of the project under a time limit, with its output shown as it comes."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from . import environment, record

TAIL_LINES = 40
NOT_FOUND = 127


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    argv: list[str]
    exit_code: int
    seconds: float
    timed_out: bool
    tail: list[str]
    """Its last lines of output, secrets hidden."""

    def last_line(self, telling: str = "") -> str:
        """Return the last line that begins as `telling` does, else that says something, shortened, for a sentence."""
        lines = [line.strip() for line in reversed(self.tail) if line.strip()]
        line = next((line for line in lines if telling and re.match(telling, line)), lines[0] if lines else "no output")
        return record.shortened(line, 300)

    def place(self) -> str:
        """Return ` at file:line` of the last frame that is the project's own, for a sentence; empty without one.

        The project lies in the working directory; tracebacks are Python's, or pytest's.
        """
        frame = re.compile(
            rf'(?:E )?\s*File "{re.escape(str(Path.cwd()))}/([^"]+)", line (\d+)|([^\s/:][^:]*\.py):(\d+): '
        )
        found = [match for match in map(frame.match, self.tail) if match]
        return f" at {found[-1][1] or found[-1][3]}:{found[-1][2] or found[-1][4]}" if found else ""

    def ended(self) -> str:
        """Say how it ended: at its time limit, its exit code, or the signal that killed it."""
        if self.timed_out:
            return f"was stopped after {self.seconds:.0f} s"
        if self.exit_code >= 0:
            return f"exited {self.exit_code}"
        return f"was killed by {signal.Signals(-self.exit_code).name}"


def with_python(argv: list[str]) -> list[str]:
    """Let `python` mean the interpreter of the project's environment."""
    return [sys.executable, *argv[1:]] if argv[0] in ("python", "python3") else argv


def variables() -> dict[str, str]:
    """Return the environment of the project's commands: ours, unbuffered.

    Bytecode is kept: a suite that starts many processes would compile what they import in each of them.
    """
    ours = {**os.environ, "PYTHONUNBUFFERED": "1"}
    ours.pop("PYTHONDONTWRITEBYTECODE", None)
    return ours


class Running:
    """A started command in a process group of its own, whose output is shown and whose tail is kept."""

    def __init__(
        self,
        argv: list[str],
        secrets: dict[str, str],
        extra: dict[str, str] | None = None,
        keep: int | None = TAIL_LINES,
    ) -> None:
        self.argv = with_python(argv)
        self._started = time.monotonic()
        self._tail: deque[str] = deque(maxlen=keep)
        # start_new_session: a time limit must end the children too, not only the command itself.
        self.process = subprocess.Popen(
            self.argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**variables(), **(extra or {})},
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(secrets,), daemon=True)
        self._reader.start()

    def _read(self, secrets: dict[str, str]) -> None:
        stream: IO[bytes] = self.process.stdout  # type: ignore[assignment]
        line = "\n"
        for raw in stream:
            line = environment.hide(raw.decode("utf-8", "replace"), secrets)
            self._tail.append(line.rstrip("\n"))
            _show(line)
        if not line.endswith("\n"):
            _show("\n")  # so that our sentence stands on a line of its own

    def wait(self, timeout: float) -> Result:
        """Wait for the end, kill the whole group at the time limit, and say how it ended."""
        timed_out = False
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            timed_out = True
        finally:  # an interrupt too: in a session of its own the command gets none
            self.kill()
        seconds = time.monotonic() - self._started
        return Result(self.argv, self.process.returncode, seconds, timed_out, list(self._tail))

    def kill(self) -> None:
        """End the command and all that it started; what is already gone is no error."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        # A thread that still prints while the interpreter ends would abort it.
        self._reader.join(5)


def _show(text: str) -> None:
    """Write as bytes: a console that cannot show a character, or is gone, must not stop the reading."""
    with contextlib.suppress(OSError):
        sys.stdout.buffer.write(text.encode("utf-8"))
        sys.stdout.buffer.flush()


def run(
    argv: list[str],
    timeout: float,
    secrets: dict[str, str],
    extra: dict[str, str] | None = None,
    keep: int | None = TAIL_LINES,
) -> Result:
    """Run a command to its end or its time limit, in seconds; `keep` lines of its output (None: all)."""
    try:
        return Running(argv, secrets, extra, keep).wait(timeout)
    except FileNotFoundError:
        return Result(argv, NOT_FOUND, 0.0, False, [f"{argv[0]}: command not found"])
    except OSError as error:
        return Result(argv, 126, 0.0, False, [f"{argv[0]}: cannot be run: {error.strerror}"])
