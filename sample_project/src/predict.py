"""The predictor: load(model_dir) gives a function from rows to predictions.

Needs NumPy and safetensors only.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypedDict

from src import model


class Prediction(TypedDict):
    """The most probable class, and the probability of classes 0, 1 and 2 in this order."""

    label: int
    probabilities: list[float]


Predictor = Callable[[Sequence[Mapping[str, Any]]], list[Prediction]]


def load(model_dir: str | Path) -> Predictor:
    """The predictor of the model in `model_dir`. Raises as model.load does."""
    loaded = model.load(Path(model_dir))

    def predict(rows: Sequence[Mapping[str, Any]]) -> list[Prediction]:
        """One prediction for each row, in order. ValueError where a row has no text."""
        probabilities = loaded.probabilities(text_of(rows))
        labels = probabilities.argmax(axis=1)
        return [
            Prediction(label=int(label), probabilities=row.tolist())
            for label, row in zip(labels, probabilities, strict=True)
        ]

    return predict


def text_of(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """The text of each row; other columns are not looked at. ValueError names the row."""
    texts = []
    for number, row in enumerate(rows):
        text = row.get("text")
        if not isinstance(text, str):
            raise ValueError(f"row {number} has no text: expected a string, got {text!r}")
        texts.append(text)
    return texts
