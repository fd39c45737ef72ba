"""The predictor's contract."""

import json
import shutil
from pathlib import Path

import pytest

from src.predict import load

ROWS = [
    {"text": "excellent, i love it!", "timestamp": "2026-01-01T00:00:00Z", "source": "tweets"},
    {"text": "terrible, a waste", "timestamp": "2026-01-01T01:00:00Z", "source": "amazon"},
    {"text": "", "timestamp": "2026-01-01T02:00:00Z", "source": "amazon"},
]


def test_one_item_a_row_with_probabilities_in_class_order(model_dir: Path) -> None:
    items = load(model_dir)(ROWS)
    assert [item["label"] for item in items[:2]] == [2, 0]
    for item in items:
        assert set(item) == {"label", "probabilities"}
        assert type(item["label"]) is int
        assert sum(item["probabilities"]) == pytest.approx(1)
        assert all(0 <= p <= 1 for p in item["probabilities"])
        assert max(item["probabilities"]) == item["probabilities"][item["label"]]
    json.dumps(items)  # plain Python numbers


def test_only_the_text_counts_and_a_row_alone_gives_the_same(model_dir: Path) -> None:
    predict = load(str(model_dir))
    together = predict(ROWS)
    assert [predict([{"text": row["text"]}])[0] for row in ROWS] == together


def test_no_rows_give_no_items(model_dir: Path) -> None:
    assert load(model_dir)([]) == []


@pytest.mark.parametrize("row", [{}, {"text": None}, {"text": 3}])
def test_a_row_without_text_is_named(model_dir: Path, row: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="row 1 has no text: expected a string, got"):
        load(model_dir)([ROWS[0], row])


@pytest.mark.parametrize("name", ["model.safetensors", "model_config.json"])
def test_a_missing_file_is_named(model_dir: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model_dir, copy)
    (copy / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        load(copy)


@pytest.mark.parametrize(
    ("old", "new"), [('"format": 1', '"format": 2'), ('"bits": 18', '"bits": 9')]
)
def test_a_model_of_another_form_is_refused(
    model_dir: Path, tmp_path: Path, old: str, new: str
) -> None:
    copy = tmp_path / "model"
    shutil.copytree(model_dir, copy)
    config = copy / "model_config.json"
    config.write_text(config.read_text().replace(old, new))
    with pytest.raises(ValueError, match=r"format|shapes"):
        load(copy)
