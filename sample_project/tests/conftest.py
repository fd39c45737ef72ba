"""Fixtures: a small data folder, and a model trained on it once."""

import csv
from pathlib import Path

import pytest

from src import train

TEXTS = (
    ("awful, broken and a waste of money", 0),
    ("i hate this terrible phone", 0),
    ("it arrived on tuesday in a box", 1),
    ("the manual has forty pages", 1),
    ("excellent sound, i love it!", 2),
    ("great camera and very easy to use :)", 2),
)


def write_training(folder: Path, rows: list[dict[str, object]], columns: list[str]) -> Path:
    """Write folder/train.csv and return the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "train.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return folder


def small_rows() -> list[dict[str, object]]:
    """Thirty rows, ten of each class."""
    return [
        {"text": f"{text} {n}", "label": label, "timestamp": "2025-01-01T00:00:00Z"}
        for n in range(5)
        for text, label in TEXTS
    ]


@pytest.fixture(scope="session")
def small_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    return write_training(folder, small_rows(), ["text", "label", "timestamp"])


@pytest.fixture(scope="session")
def model_dir(small_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    assert train.main(["--data", str(small_data), "--output", str(folder)]) == 0
    return folder
