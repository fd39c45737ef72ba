"""Class labels as whole numbers: the position of a label in the model's list of classes."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ml_steps.errors import FailedError

Label = bool | int | float | str


class Labels:
    """Looks up the code of a label, 0 … K - 1; 1 and 1.0 are the same label, 1, "1" and true are not."""

    def __init__(self, classes: Iterable[Label]) -> None:
        """Number the classes in the order given."""
        self.classes = tuple(classes)
        self.names = [shown(label) for label in self.classes]
        self._codes = {_key(label): code for code, label in enumerate(self.classes)}

    def code(self, label: object, row: int, where: str) -> int:
        """Return the code of the label that stands at a row of a file.

        Raises FailedError, naming the row, where the label is none of the classes.
        """
        try:
            return self._codes[_key(label)]
        except (KeyError, TypeError):
            known = ", ".join(json.dumps(name, default=str) for name in self.classes[:10])
            raise FailedError(
                f"{where}: row {row} is {json.dumps(label, default=str)[:60]}, which is none of the "
                f"classes of the model ({known}{', …' if len(self.classes) > 10 else ''}); expected one of "
                "them, of the same type; look at the predictor and at the classes that the model was "
                "trained on."
            ) from None

    def knows(self, label: Label) -> bool:
        """Tell whether it is one of the labels."""
        return _key(label) in self._codes

    @staticmethod
    def same(one: Label, other: Label) -> bool:
        """Tell whether both are the same label."""
        return _key(one) == _key(other)

    def same_set(self, other: Labels) -> bool:
        """Tell whether both hold the same labels, in whatever order."""
        return self._codes.keys() == other._codes.keys()


def shown(label: Label) -> str:
    """Return the label as it stands in metric names, such as `0` in recall[0]."""
    return label if isinstance(label, str) else json.dumps(label)


def _key(label: object) -> tuple[bool, object]:
    return isinstance(label, bool), label
