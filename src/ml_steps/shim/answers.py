"""What a predictor may answer to a row: a label or number, or {"label": …, "probabilities": […]}."""

from __future__ import annotations

import difflib
import math
from typing import Any

from . import record

KEYS = ("label", "probabilities")
UNORDERED = (str, bytes, dict, set, frozenset)
"""What can be gone through, but is no list of answers or of probabilities."""
SUM_TOLERANCE = 1e-3 + 1e-9
"""How far the probabilities of a row may sum from 1, and rounding; float16 models reach about 1e-3."""


def check(answer: Any, row: int, manifest: dict[str, Any]) -> dict[str, Any]:
    """Return {"row", "prediction", "probabilities"?} for what predict said of one row.

    Probabilities stand in the order of the classes. Raises Stop for a key of another name, an unknown label, a
    number that is not finite, or probabilities that do not fit.
    """
    where = f'predictor "{manifest["predictor"]}": row {row}'
    probabilities = None
    if isinstance(answer, dict):
        _check_keys(answer, where, manifest["classes"] is None)
        probabilities, answer = answer.get("probabilities"), answer["label"]
    value = _plain(answer)
    classes = manifest["classes"]
    if isinstance(value, float) and not math.isfinite(value):
        raise record.Stop(record.FAIL, f"{where}: predicted {value}; expected a finite number or a known label.")
    if classes is not None and not any(type(value) is type(known) and value == known for known in classes):
        alike = [known for known in classes if isinstance(value, (int, float)) and value == known]
        kinds = f" ({type(value).__name__}, the class is {type(alike[0]).__name__})" if alike else ""
        raise record.Stop(record.FAIL, f"{where}: predicted {short(value)}{kinds}; expected one of {short(classes)}.")
    if classes is None and not _number(value):
        raise record.Stop(record.FAIL, f"{where}: predicted {short(value)}; expected a finite number.")
    checked: dict[str, Any] = {"row": row, "prediction": value}
    if probabilities is not None and classes is None:
        raise record.Stop(
            record.FAIL, f"{where}: the answer has probabilities; expected of a regression the number alone."
        )
    if probabilities is not None:
        numbers = _listed(probabilities)
        if not _probable(numbers, len(classes)):
            raise record.Stop(
                record.FAIL,
                f"{where}: probabilities {short(numbers or probabilities)}; expected {len(classes)} finite numbers "
                f"that sum to 1 within 0.001, in the order of the classes {short(classes)}.",
            )
        checked["probabilities"] = numbers
    return checked


def _check_keys(answer: dict[Any, Any], where: str, numbers: bool) -> None:
    wanted = "the number alone" if numbers else '"label" and, where there are any, "probabilities"'
    strange = [key for key in answer if key not in KEYS]
    if strange:
        close = difflib.get_close_matches(str(strange[0]), KEYS, n=1, cutoff=0.45)
        hint = f'did you mean "{close[0]}"? ' if close else ""
        raise record.Stop(
            record.FAIL,
            f"{where}: the answer has the key {short(strange[0])}; {hint}expected {wanted}.",
        )
    if "label" not in answer:
        wanted = wanted if numbers else '"label"'
        raise record.Stop(record.FAIL, f'{where}: the answer has no "label", only {list(answer)}; expected {wanted}.')


def _number(value: Any) -> bool:
    try:
        return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    except OverflowError:  # a whole number past the largest float
        return False


def _listed(values: Any) -> list[Any] | None:
    """Return the values in order; None for what has none."""
    if isinstance(values, UNORDERED):
        return None
    try:
        return [_plain(value) for value in values]
    except Exception:  # no iterable, or one of the project's own that raises
        return None


def _probable(numbers: list[Any] | None, count: int) -> bool:
    if numbers is None or len(numbers) != count:
        return False
    # The bounds come first: whole numbers past the largest float could not be summed.
    within = all(_number(number) and 0 <= number <= 1 + SUM_TOLERANCE for number in numbers)
    return within and abs(sum(numbers) - 1) <= SUM_TOLERANCE


def _plain(value: Any) -> Any:
    """Turn a NumPy or torch scalar into Python's own, without importing either; an array of more stays one."""
    try:
        return value.item() if hasattr(value, "item") else value
    except Exception:  # each library says in its own way that there is more than one
        return value.tolist() if hasattr(value, "tolist") else value


def short(value: Any) -> str:
    """Return a value as Python writes it, shortened, for a sentence."""
    try:
        text = " ".join(repr(value).split())
    except Exception:  # Python shows no whole number of more than 4,300 digits, nor what of the project's raises
        return f"a value of the type {type(value).__name__} that cannot be shown"
    return record.shortened(text, 200)
