"""Text as it is shown: made harmless, measured in columns, cut, wrapped, and numbers made readable."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

MOST_DIGITS = 17
"""That tell any two floats apart."""

_BIDI = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNSAFE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ZERO_WIDTH = frozenset({"Mn", "Me", "Cf"})


def clean(text: str) -> str:
    r"""Return the text with every control character made visible: an escape becomes `\x1b`.

    White space becomes a plain space. Evidence quotes data, and data must not steer a terminal,
    reorder a line or break a file's encoding.
    """
    return "".join(_harmless(char) for char in text)


def _harmless(char: str) -> str:
    if char.isspace():
        return " "
    if char in _BIDI or unicodedata.category(char) in _UNSAFE:
        return char.encode("unicode_escape").decode("ascii")
    return char


def columns(text: str) -> int:
    """Return how many terminal columns the text takes: 2 for a wide character, 0 for a combining one."""
    if text.isascii():
        return len(text)
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if unicodedata.category(char) in _ZERO_WIDTH:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def split(text: str, width: int) -> tuple[str, str]:
    """Return the longest head of the text that fits the columns, and the rest."""
    used = 0
    for index, char in enumerate(text):
        used += _columns(char)
        if used > width:
            return text[:index], text[index:]
    return text, ""


def clip(text: str, width: int) -> str:
    """Return the text in at most so many columns; a cut is marked with an ellipsis."""
    if columns(text) <= width:
        return text
    return split(text, width - 1)[0].rstrip() + "…"


def pad(text: str, width: int) -> str:
    """Return the text filled up with spaces to so many columns."""
    return text + " " * (width - columns(text))


def wrap(text: str, width: int) -> list[str]:
    """Return the text in lines of at most so many columns (2 or more), broken at spaces where it can be."""
    lines: list[str] = []
    line = ""
    for word in text.split():
        joined = f"{line} {word}" if line else word
        if columns(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        line = word
        while columns(line) > width:
            head, line = split(line, width)
            lines.append(head)
    return [*lines, line] if line or not lines else lines


def number(value: str | int | float | None, beside: Iterable[float] = ()) -> str:
    """Return a value for reading: 12,000; 0.6723; 1.2e-05; text as it is; a dash for none.

    More digits than four where it would else read like one of the numbers that it stands beside and is not.
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    others = [other for other in beside if other != value]
    for digits in range(4, MOST_DIGITS):
        text = _rounded(value, digits)
        if all(_rounded(other, digits) != text for other in others):
            return text
    return _rounded(value, MOST_DIGITS)


def exact(value: float) -> str:
    """Return a number as it was written, with thousands separators from 10,000 up."""
    return _rounded(value, 15)


def _rounded(value: float, digits: int) -> str:
    value += 0.0  # of -0, 0
    if not 9_999.5 <= abs(value) < 1e15:
        return f"{value:.{digits}g}"
    text = f"{value:,.{digits - 4}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def size(count: int) -> str:
    """Return bytes for reading: 312 B, 4.1 KB, 4.2 MB, 1.3 GB; a KB is 1,000 bytes."""
    for factor, unit in ((1e9, "GB"), (1e6, "MB"), (1e3, "KB")):
        if count >= factor:
            return f"{count / factor:.1f} {unit}"
    return f"{count} B"


def title(name: str) -> str:
    """Return a stage's name as a heading: validate_data is "Validate data"."""
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:]
