"""Writing what was collected, and stopping with one sentence."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any

from . import environment

FAIL, SETUP, INTERNAL, INTERRUPTED = 10, 11, 12, 130
PROTOCOL = 1
STOPPED = "stopped.json"
"""What stopped a worker, for its supervisor."""


class Stop(Exception):  # noqa: N818 - it is raised to stop, and says so
    """One sentence for the reader, and the exit code that says whose fault it is."""

    def __init__(self, exit_code: int, message: str) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters; a cut one ends in `…`, by which a cut secret is known as well."""
    return text if len(text) <= most else text[: most - 1] + "…"


def write(out: Path, name: str, payload: dict[str, Any]) -> None:
    """Write a record in one step, so that a killed process leaves none rather than half of one."""
    part = out / (name + ".part")
    part.write_text(
        json.dumps({"protocol": PROTOCOL, **payload}, sort_keys=True, indent=2, allow_nan=False), encoding="utf-8"
    )
    os.replace(part, out / name)  # noqa: PTH105 - Path.replace is the same; this reads as what it is


def clear(out: Path, *names: str) -> None:
    """Remove what an earlier run left, so that it is not taken for this one's."""
    for name in names:
        for path in (out / name, out / (name + ".part")):
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


def read(path: Path) -> dict[str, Any]:
    """Read a JSON object that the toolkit or the image wrote.

    Raises Stop when the file is missing or is no JSON object.
    """
    try:
        payload = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Stop(
            SETUP,
            f"{path} is missing; expected an image built by build_image, which says there how it is scored; "
            "for a first release leave the baseline empty.",
        ) from None
    except ValueError as error:
        raise Stop(SETUP, f"{path} is not JSON ({error}); build the image again.") from None
    if not isinstance(payload, dict) or payload.get("protocol") != PROTOCOL:
        found = payload.get("protocol") if isinstance(payload, dict) else type(payload).__name__
        raise Stop(
            SETUP, f"{path} has protocol {found!r}; this module speaks {PROTOCOL}; use the module that built it."
        )
    return payload


def redact(out: Path, secrets: dict[str, str]) -> None:
    """Hide secret values in every text file under `out`; a model that holds one is refused, not rewritten."""
    searched = {name: environment.forms(value) for name, value in secrets.items()}
    for path in sorted(out.rglob("*")) if secrets else ():
        relative = path.relative_to(out)
        in_model = "model" in relative.parts[:-1]
        named = [name for name, forms in searched.items() if any(form in str(relative) for form in forms)]
        if in_model and named:
            clear(out, "model", "collected.json")
            raise Stop(
                FAIL,
                f"The name of a file or folder of the model holds the value of the secret {named[0]}; expected no "
                "secret in a model; name it otherwise.",
            )
        # A link of a model is followed, as it is when the model is copied.
        if not path.is_file() or (path.is_symlink() and not in_model):
            continue
        if in_model:
            for name, forms in searched.items():
                if environment.contains(path, map(str.encode, forms)):
                    clear(out, "model", "collected.json")
                    raise Stop(
                        FAIL,
                        f"{relative} holds the value of the secret {name}; expected no secret in a "
                        "model; stop writing it there.",
                    )
        else:
            content = path.read_bytes()
            hidden = environment.hide_bytes(content, secrets)
            if hidden != content:
                path.write_bytes(hidden)
