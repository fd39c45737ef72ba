"""A tiny project, standard library only, that tests copy and break on purpose."""

from __future__ import annotations

from pathlib import Path

TRAIN = '''\
"""Count words by label."""

import argparse
import collections
import csv
import json
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--data", type=pathlib.Path)
parser.add_argument("--output", type=pathlib.Path)
parser.add_argument("--epochs", type=int)
options = parser.parse_args()
counts: dict[str, collections.Counter[str]] = {}
with (options.data / "train.csv").open(newline="", encoding="utf-8-sig") as file:
    for row in csv.DictReader(file):
        counts.setdefault(row["label"], collections.Counter()).update(row["text"].split())
(options.output / "counts.json").write_text(json.dumps(counts, sort_keys=True))
print("trained on", sum(sum(c.values()) for c in counts.values()), "words")
'''

PREDICT = '''\
"""The label whose words match most."""

import json
import pathlib
from collections.abc import Callable


def load(model_dir: str) -> Callable[[list[dict[str, str]]], list[int]]:
    """Read the counts."""
    counts = json.loads((pathlib.Path(model_dir) / "counts.json").read_text())

    def predict(rows: list[dict[str, str]]) -> list[int]:
        """Predict a label a row."""
        return [
            int(max(counts, key=lambda label: sum(counts[label].get(word, 0) for word in row["text"].split())))
            for row in rows
        ]

    return predict
'''

SERVE = '''\
"""Serve the predictor."""

import http.server
import json
import os

from src.predict import load

predict = load(os.environ["MODEL_DIR"])


class Handler(http.server.BaseHTTPRequestHandler):
    """GET /health and POST /predict."""

    def do_GET(self) -> None:
        """Answer."""
        self._answer({"status": "ok"})

    def do_POST(self) -> None:
        """Predict."""
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["rows"]
        self._answer({"predictions": predict(rows)})

    def _answer(self, payload: object) -> None:
        body = json.dumps(payload).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler).serve_forever()
'''

TEST = '''\
"""A test of the predictor."""

import json
import pathlib

from src.predict import load


def test_predict(tmp_path: pathlib.Path) -> None:
    (tmp_path / "counts.json").write_text(json.dumps({"0": {"bad": 1}, "1": {"good": 1}}))
    assert load(str(tmp_path))([{"text": "good"}, {"text": "bad"}]) == [1, 0]
'''

PYPROJECT = """\
[project]
name = "tiny"
version = "0"
requires-python = ">=3.11"

[tool.ml-pipeline.image]
predict = "/predict"
"""


def _by_its_name(text: str) -> str:
    return text.replace("from src.", "from tiny.")


PACKAGE: dict[str, str | None] = {
    "pyproject.toml": PYPROJECT
    + """\
command = ["python", "-m", "tiny.serve"]
env = { GREETING = "hello $USER" }

[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[tool.ml-pipeline.train]
command = ["python", "-m", "tiny.train"]

[tool.ml-pipeline.evaluate]
predictor = "tiny.predict:load"
""",
    "src/__init__.py": None,
    "src/train.py": None,
    "src/predict.py": None,
    "src/serve.py": None,
    "src/tiny/__init__.py": "",
    "src/tiny/train.py": TRAIN,
    "src/tiny/predict.py": PREDICT,
    "src/tiny/serve.py": _by_its_name(SERVE).replace(
        "\n\npredict", '\n\nassert os.environ["GREETING"] == "hello $USER"\npredict'
    ),
    "tests/test_predict.py": _by_its_name(TEST),
}
"""Changes that make it a package below src, imported by its name, whose server needs a variable."""


def rows(first: int, count: int) -> str:
    """Return CSV rows with a separable word, and no row that another range has."""
    lines = ["text,label,source"]
    for number in range(first, first + count):
        word, label = ("good", 1) if number % 2 else ("bad", 0)
        lines.append(f"{word} thing number{number},{label},{'web' if number % 3 else 'shop'}")
    return "\n".join(lines) + "\n"


def _lines(name: str, last: str) -> str:
    """Return 200 rows of JSON, of which the last has that label."""
    labels = [*(str(n % 2) for n in range(199)), last]
    return "".join(f'{{"text": "{name} {n}", "label": {label}}}\n' for n, label in enumerate(labels))


CONTRACT_HEAD = """\
apiVersion: v3.1.0
kind: DataContract
id: tiny
version: 1.0.0
status: active
schema:
"""
"""What a contract begins with, up to its objects."""

NO_TARGET: dict[str, str | None] = {
    "data/train.csv": None,
    "data/holdout.csv": None,
    "data/train.jsonl": _lines("train", "1"),
    "data/holdout.jsonl": _lines("holdout", "null"),
    "contract.yaml": CONTRACT_HEAD
    + """\
  - name: train
    properties: [{name: label, logicalType: integer}]
  - name: holdout
    properties: [{name: label, logicalType: integer}]
""",
}
"""Changes that leave line 200 of the holdout without a target, which its contract does not require."""


def make(root: Path, changes: dict[str, str | None] | None = None) -> Path:
    """Write the project into a folder; `changes` replace files, or remove them where None."""
    files: dict[str, str | None] = {
        "pyproject.toml": PYPROJECT,
        "requirements.txt": "",
        "src/__init__.py": "",
        "src/train.py": TRAIN,
        "src/predict.py": PREDICT,
        "src/serve.py": SERVE,
        "tests/test_predict.py": TEST,
        "data/train.csv": rows(0, 400),
        "data/holdout.csv": rows(400, 200),
        **(changes or {}),
    }
    for name, text in files.items():
        if text is not None:
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")
    return root
