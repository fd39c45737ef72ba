"""Read train.csv: the texts and their labels."""

import csv
from pathlib import Path

from src.model import CLASSES

TRAIN_FILE = "train.csv"
REQUIRED = ("text", "label")


class DatasetError(Exception):
    """The training file cannot be used; the message is one sentence for the person who gave it."""


def read_training(folder: Path) -> tuple[list[str], list[int]]:
    """Texts and labels of folder/train.csv, in file order.

    Raises DatasetError where the file is missing, unreadable, empty, lacks a column, has an
    unknown label or an empty text, or has no row of one of the classes.
    """
    path = folder / TRAIN_FILE
    if not path.is_file():
        raise DatasetError(f"{path} does not exist: --data must name a folder with {TRAIN_FILE}")
    texts: list[str] = []
    labels: list[int] = []
    try:
        with path.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
            if missing:
                raise DatasetError(f"{path} has no column {missing[0]!r}: it needs text and label")
            for row in reader:
                texts.append(row["text"] or "")
                labels.append(_label(row["label"], path, reader.line_num))
                if not texts[-1].strip():
                    raise DatasetError(f"{path}, line {reader.line_num}: the text is empty")
    except (csv.Error, UnicodeDecodeError) as error:
        raise DatasetError(f"{path} is not a UTF-8 CSV file: {error}") from error
    if not texts:
        raise DatasetError(f"{path} has no rows: training needs rows of every class")
    absent = sorted(set(CLASSES) - set(labels))
    if absent:
        raise DatasetError(f"{path} has no row of class {absent[0]}: training needs every class")
    return texts, labels


def _label(value: str | None, path: Path, line: int) -> int:
    for label in CLASSES:
        if value == str(label):
            return label
    allowed = ", ".join(str(label) for label in CLASSES)
    raise DatasetError(f"{path}, line {line}: label {value!r} is not one of {allowed}")
