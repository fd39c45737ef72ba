"""Defects planted in the tiny project: each passes its test suite, and each is one that a release must not get past."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests import projects

ACCURACY = """
[[tool.ml-pipeline.gate]]
id = "accuracy"
metric = "accuracy"
min = 0.55
"""

RULES = f"""
[tool.ml-pipeline.evaluate]
slices = ["source"]
{ACCURACY}
[[tool.ml-pipeline.gate]]
id = "recall-good"
metric = "recall[1]"
min = 0.6

[[tool.ml-pipeline.gate]]
id = "every-source"
metric = "accuracy"
slice = "source=*"
min = 0.5
"""

FAIRNESS = """
[tool.ml-pipeline.evaluate]
protected = ["sex"]

[[tool.ml-pipeline.gate]]
id = "four-fifths"
metric = "selection_rate_ratio[1]"
slice = "sex=*"
min = 0.8
"""

COSTS = f"""{ACCURACY}
[[tool.ml-pipeline.gate]]
id = "as-fast"
metric = "latency_p50_ratio"
max = 1.5

[[tool.ml-pipeline.gate]]
id = "as-small"
metric = "peak_rss_ratio"
max = 1.5
"""


@dataclass(frozen=True)
class Defect:
    """What is changed in the tiny project, and what the run must say."""

    name: str
    changes: dict[str, str | None]
    said: tuple[str, ...]
    stage: str = "gate"
    """Where it is caught."""
    base: dict[str, str | None] | None = None
    """The release in production, where the defect shows only against one."""


def predicting(answer: str, load: str = "") -> str:
    """Return a predictor that answers an expression over `rows` and the good predictor's `labels`.

    `load` runs when the model is loaded.
    """
    head, _, body = projects.PREDICT.partition("        return [\n")
    if load:
        head = head.replace("    counts = json", f"    {load}\n    counts = json")
    body = body.replace("        ]\n", f"        ]\n        return {answer}\n")
    return f"{head}        labels = [\n{body}"


def pyproject(rules: str) -> str:
    """Return the tiny project's configuration with rules."""
    return f"{projects.PYPROJECT}{rules}"


def rows(first: int, count: int, line: Callable[[int], str], header: str = "text,label,source") -> str:
    """Return CSV rows made by their numbers."""
    return "\n".join([header, *map(line, range(first, first + count))]) + "\n"


def data(line: Callable[[int], str], header: str) -> dict[str, str | None]:
    """Return training and holdout file."""
    return {"data/train.csv": rows(0, 400, line, header), "data/holdout.csv": rows(400, 400, line, header)}


def _swapped(number: int) -> str:
    good, source = number % 2, "web" if number % 3 else "shop"
    label = good if source == "web" else 1 - good
    return f"{'good' if good else 'bad'} thing number{number},{label},{source}"


def _leaked(number: int) -> str:
    good = number % 2
    return f"{'good' if good else 'bad'} thing number{number},{good},{'accepted' if good else 'refused'}"


def _by_sex(number: int) -> str:
    within, sex = number % 200, "f" if number % 400 < 200 else "m"
    good = int(within < (79 if sex == "f" else 100))
    return f"{'good' if good else 'bad'} thing number{number},{good},{sex}"


def without_baseline() -> Iterator[Defect]:
    """Yield the defects that show in one release by itself."""
    yield Defect(
        "one class collapsed",
        {
            "pyproject.toml": pyproject(RULES),
            "src/predict.py": predicting(
                "[0 if row['text'][-1] in '1357' else label for row, label in zip(rows, labels)]"
            ),
        },
        ("recall-good", "recall[1]", "0.2 ["),
    )
    yield Defect(
        "one slice bad with the average good",
        {
            "pyproject.toml": pyproject(RULES),
            "src/predict.py": predicting(
                "[1 - label if row.get('source') == 'shop' else label for row, label in zip(rows, labels)]"
            ),
        },
        ("every-source", "source=shop"),
    )
    yield Defect(
        "swapped labels in one source",
        {"pyproject.toml": pyproject(RULES), **data(_swapped, "text,label,source")},
        ("every-source", "source=shop"),
    )
    yield Defect(
        "leaked target",
        data(_leaked, "text,label,outcome"),
        ("label.noLeak", "outcome says the same"),
        stage="validate_data",
    )
    yield Defect(
        "NaN in one row",
        {
            "src/predict.py": predicting(
                "[float('nan') if 'number457' in row['text'] else label for row, label in zip(rows, labels)]"
            )
        },
        ("row 57: predicted nan",),
        stage="evaluate",
    )
    yield Defect(
        "empty predictions",
        {"src/predict.py": predicting("labels if len(rows) < 3 else []")},
        ("0 predictions for the 200 rows 0 to 199",),
        stage="evaluate",
    )
    yield Defect(
        "constant predictor",
        {"src/predict.py": predicting("[1 if 'number' in row['text'] else label for row, label in zip(rows, labels)]")},
        ("more_than_one_class", "predicted_classes"),
    )
    yield Defect(
        "reads a file that is not in the image",
        {
            "pyproject.toml": pyproject('\n[tool.ml-pipeline.test]\ninputs = ["notes"]\n'),
            "notes/words.txt": "good\n",
            "src/predict.py": predicting("labels", load="pathlib.Path('notes/words.txt').read_text()"),
        },
        ("FileNotFoundError", "notes/words.txt", "src/predict.py:"),
        stage="evaluate",
    )
    yield Defect(
        "a disparate-impact ratio of 0.79",
        {"pyproject.toml": pyproject(FAIRNESS), **data(_by_sex, "text,label,sex")},
        ("four-fifths", "selection_rate_ratio[1]", "0.79"),
    )


def against_a_baseline() -> Iterator[Defect]:
    """Yield the defects that show only beside the release before."""
    work = "[sum(range(20_000)) for _ in rows] and labels"
    base: dict[str, str | None] = {
        "pyproject.toml": pyproject(COSTS),
        "src/predict.py": predicting(work, load="globals().update(held=bytearray(60_000_000))"),
    }
    slow = predicting(work.replace("20_000", "40_000"), load="globals().update(held=bytearray(60_000_000))")
    large = predicting(work, load="globals().update(held=bytearray(200_000_000))")
    yield Defect(
        "a predictor twice as slow",
        {**base, "src/predict.py": slow},
        ("as-fast", "latency_p50_ratio"),
        base=base,
    )
    yield Defect(
        "twice the memory",
        {**base, "src/predict.py": large},
        ("as-small", "peak_rss_ratio"),
        base=base,
    )
