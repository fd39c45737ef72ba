"""Reading what the shim collected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ml_steps.errors import SetupError

FILE = "collected.json"


def read(folder: Path, command: str) -> dict[str, Any]:
    """Read the shim's record of a command.

    Raises SetupError when it is missing or is of another command.
    """
    path = folder / FILE
    try:
        payload = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SetupError(
            f"{path}: no record of {command} can be read ({error}); run the command again, without --collected."
        ) from None
    found = payload.get("command") if isinstance(payload, dict) else type(payload).__name__
    if found != command:
        raise SetupError(f"{path}: this is the record of {found!r}; expected that of {command!r}; pass its folder.")
    record: dict[str, Any] = payload
    return record
