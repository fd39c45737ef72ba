"""The variables of the project's env file (a secret): given to its commands, hidden in all they print."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote, quote_plus
from xml.sax import saxutils

POINTER = "ML_PIPELINE_ENV_FILE"
"""Names the mounted dotenv file; the value is a path, never a secret."""
_ASSIGNMENT = re.compile(r"(?:export\s+)?(?P<name>[A-Za-z_][\w.-]*)\s*=(?P<value>.*)")
_ESCAPED = re.compile("%[0-9A-F]{2}")
_ELLIPSIS = re.compile(r"(\.{3,}|…|\\u2026)")
"""What stands where a text was cut, as pytest does to the lines of its summary and in the middle of long values."""
SHORTEST = 6
"""Values shorter than this are not hidden: they are settings, and hiding "1" would garble every record."""


class EnvFileError(Exception):
    """A line of the env file that is not understood; the message names the line and never tells a value."""


def load() -> dict[str, str]:
    """Put the env file's variables into this process's environment; return those to hide, longest first.

    Raises EnvFileError as `parse` does.
    """
    path = os.environ.pop(POINTER, "")
    if not path:
        return {}
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise EnvFileError("env file: it is not UTF-8 text; save it as UTF-8.") from None
    variables = parse(text)
    os.environ.update(variables)
    hidden = {name: value for name, value in variables.items() if len(value) >= SHORTEST and not _number(value)}
    return dict(sorted(hidden.items(), key=lambda item: -len(item[1])))


def _number(value: str) -> bool:
    """Tell a number, which is a setting: hiding its digits inside other numbers would garble every record."""
    try:
        float(value)
    except ValueError:
        return False
    return True


def parse(text: str) -> dict[str, str]:
    """Parse `NAME=value` lines; comments, blank lines, `export ` and one pair of quotes are understood.

    Raises EnvFileError for any other line, such as those of a value of several lines: what is shown is searched
    for secrets line by line.
    """
    variables = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        match = _ASSIGNMENT.fullmatch(line.strip())
        if match is None or "\0" in line or not _understood(match["value"]):
            raise EnvFileError(
                f"env file, line {number}: not of the form NAME=value, with one pair of quotes or none, on one line, "
                "and without what others read otherwise (a comment behind the value, a backslash in double quotes); "
                "write it so, a value with a # or a backslash in single quotes; one of several lines can be given "
                "encoded, for example as base64."
            )
        value = match["value"].strip()
        variables[match["name"]] = value[1:-1] if _quoted(value) else value
    return variables


def _understood(text: str) -> bool:
    """Tell a value that every reader of such files takes for the same; a secret that is cut elsewhere is not hidden."""
    value = text.strip()
    if value[:1] in ("'", '"'):
        return _quoted(value) and value[0] not in value[1:-1] and not (value[0] == '"' and "\\" in value)
    return re.search(r"\s#", text) is None


def _quoted(value: str) -> bool:
    return len(value) > 1 and value[0] == value[-1] and value[0] in "'\""


def hide(text: str, secrets: dict[str, str]) -> str:
    """Replace every secret value in a text by its name, also where it stands escaped, or cut; see `forms`.

    What takes its place needs no escaping in any of them: a report stays one that can be parsed.
    """
    for name, value in secrets.items():
        for form in forms(value):
            text = text.replace(form, f"[{name}]")
    parts = _ELLIPSIS.split(text)  # texts, with what cuts them in between
    if len(parts) > 1:
        for name, value in secrets.items():
            for form in forms(value):
                if form[:SHORTEST] in text:
                    parts[:-1:2] = [_without_end(part, form, f"[{name}]") for part in parts[:-1:2]]
                if form[-SHORTEST:] in text:
                    parts[2::2] = [_without_start(part, form, f"[{name}]") for part in parts[2::2]]
    return "".join(parts)


def _without_end(text: str, form: str, instead: str) -> str:
    """Replace the longest start of the form, of six characters or more, with which the text ends."""
    for length in range(min(len(form) - 1, len(text)), SHORTEST - 1, -1):
        if text.endswith(form[:length]):
            return text[:-length] + instead
    return text


def _without_start(text: str, form: str, instead: str) -> str:
    """Replace the longest end of the form, of six characters or more, with which the text starts."""
    for length in range(min(len(form) - 1, len(text)), SHORTEST - 1, -1):
        if text.startswith(form[-length:]):
            return instead + text[length:]
    return text


@functools.cache  # every line that a command prints is searched for them
def forms(value: str) -> tuple[str, ...]:
    """Return the value as it may stand in a file, longest first: as it is, or escaped for Python, JSON, XML or URLs."""
    quoted = [value, repr(value)[1:-1], ascii(value)[1:-1], json.dumps(value)[1:-1]]
    quoted.append(json.dumps(value, ensure_ascii=False)[1:-1])
    marked = [saxutils.escape(form, {'"': "&quot;"}) for form in quoted] + [saxutils.escape(form) for form in quoted]
    in_url = [quote(value), quote(value, safe=""), quote_plus(value)]
    in_url += [_ESCAPED.sub(lambda escape: escape[0].lower(), form) for form in in_url]
    return tuple(sorted({*quoted, *marked, *in_url}, key=lambda form: (-len(form), form)))


def hide_bytes(content: bytes, secrets: dict[str, str]) -> bytes:
    """Replace every secret value in a file's content by its name."""
    # surrogateescape: a file that is no UTF-8 comes back byte for byte.
    return hide(content.decode("utf-8", "surrogateescape"), secrets).encode("utf-8", "surrogateescape")


def contains(path: Path, values: Iterable[bytes]) -> bool:
    """Return whether a file of any size holds one of the values."""
    wanted = list(values)
    longest, tail = max(map(len, wanted)), b""
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            held = tail + chunk
            if any(value in held for value in wanted):
                return True
            tail = held[-longest:]
    return False
