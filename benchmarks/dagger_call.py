"""One call of the Dagger CLI: how long it took, and which commands really ran in it."""

import re
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STARTED = re.compile(r"^(\d+)\s*: [┆ ]*withExec (.*)$")
_ENDED = re.compile(r"^(\d+)\s*: [┆ ]*Container\.withExec DONE \[(.*)\]$")


class CallError(Exception):
    """A call of the CLI did not exit with 0; the message holds the end of what it said."""


@dataclass(frozen=True)
class Call:
    """A call that succeeded."""

    seconds: float
    ran: tuple[str, ...]
    """What ran and was not taken from the cache, by short name, in order."""


def call(dagger: str, folder: Path, arguments: list[str]) -> Call:
    """Run `dagger call` in a folder.

    Raises CallError when it does not exit with 0.
    """
    started = time.perf_counter()
    done = subprocess.run(
        [dagger, "--progress=plain", "call", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )
    seconds = time.perf_counter() - started
    log = _COLOUR.sub("", done.stderr)
    if done.returncode != 0:
        tail = "\n".join((log + done.stdout).strip().splitlines()[-40:])
        raise CallError(f"dagger call {' '.join(arguments)} exited {done.returncode}:\n{tail}")
    return Call(seconds, ran(log))


def answers(dagger: str) -> bool:
    """Return whether there is a CLI and an engine answers it."""
    try:
        done = subprocess.run([dagger, "core", "version"], capture_output=True, check=False, timeout=120)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def ran(log: str) -> tuple[str, ...]:
    """Return the short names of the commands that a plain log shows as run, each once."""
    commands: dict[str, str] = {}
    names: dict[str, None] = {}
    for line in log.splitlines():
        if match := _STARTED.match(line):
            commands[match[1]] = match[2]
        # A lazy command that nobody needed, or that was in the cache, ends after 0.0 s.
        elif (match := _ENDED.match(line)) and match[2] != "0.0s" and match[1] in commands:
            names[short(commands[match[1]])] = None
    return tuple(names)


def short(command: str) -> str:
    """Return what a command does in a word or two: `shim train`, `pip install`, `ml-steps gate`, `mypy`."""
    words = [word.rpartition("/")[2] for word in command.split()]
    for marker, name in (("ml_shim", "shim"), ("ml_steps", "ml-steps")):
        if marker in words[:-1]:
            return f"{name} {words[words.index(marker) + 1]}"
    if words[:2] == ["python", "-c"]:
        return "python -c"
    first = " ".join(words[:2]) if words[0] in {"pip", "uv"} else words[0]
    return next((word for word in words if word.startswith("src.")), first)
