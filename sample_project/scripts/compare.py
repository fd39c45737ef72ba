"""Compare the model with plain TF-IDF on random fifths of all rows: the table in README.md.

    python -m scripts.compare

Five times, a seeded random fifth of train.csv and holdout.csv together (with the class shares kept)
is predicted by models trained on the rest. Sentences of one review and rewritten tweets are then on
both sides, so the figures are higher than on the holdout. Nothing may be chosen by them.
"""

import csv
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline

from src import features, fit_sklearn
from src.features import FeatureConfig, Sparse
from src.model import Model

DATA = Path(__file__).resolve().parent.parent / "data"
SEEDS = range(5)
EPOCHS = 10
# The settings of scikit-learn's TfidfVectorizer and LogisticRegression that are not its defaults.
PLAIN: dict[str, tuple[dict[str, object], dict[str, object]]] = {
    "TF-IDF, defaults": ({}, {"max_iter": 1000}),
    "TF-IDF, word pairs, balanced": (
        {"ngram_range": (1, 2), "sublinear_tf": True},
        {"C": 4, "class_weight": "balanced", "max_iter": 1000},
    ),
}

Labels = NDArray[np.int64]
# From training texts, their labels, and other texts to the labels of those.
Method = Callable[[Sequence[str], Sequence[int], Sequence[str]], Labels]


def shipped(
    texts: Sequence[str],
    labels: Sequence[int],
    others: Sequence[str],
    config: FeatureConfig = FeatureConfig(),  # noqa: B008 - frozen
    scale_of: Callable[
        [Sequence[Sparse], Sequence[int], FeatureConfig], NDArray[np.float32]
    ] = features.class_scale,
) -> Labels:
    """By our model; tune.py changes its settings."""
    counts = [features.count(text, config) for text in texts]
    scale = scale_of(counts, labels, config)
    rows = [features.weigh(row, scale) for row in counts]
    fit = fit_sklearn.fit(rows, labels, config.buckets, EPOCHS, seed=0)
    model = Model(config, scale, fit.weights, fit.bias)
    predicted: Labels = model.probabilities(others).argmax(axis=1)
    return predicted


def plain(texts: Sequence[str], labels: Sequence[int], others: Sequence[str], name: str) -> Labels:
    """By the scikit-learn model of that name in PLAIN."""
    vectoriser, classifier = PLAIN[name]
    pipeline = make_pipeline(TfidfVectorizer(**vectoriser), LogisticRegression(**classifier))
    pipeline.fit(texts, labels)
    predicted: Labels = pipeline.predict(others)
    return predicted


def read_all() -> tuple[list[str], list[int], list[str]]:
    """Texts, labels and sources of both files."""
    rows: list[dict[str, str]] = []
    for name in ("train.csv", "holdout.csv"):
        with (DATA / name).open(encoding="utf-8", newline="") as file:
            rows += csv.DictReader(file)
    labels = [int(row["label"]) for row in rows]
    return [row["text"] for row in rows], labels, [row["source"] for row in rows]


def scores(actual: Labels, predicted: Labels) -> tuple[float, float]:
    """Accuracy and macro-F1."""
    return accuracy_score(actual, predicted), f1_score(actual, predicted, average="macro")


def main() -> None:
    texts, labels, sources = (np.array(values) for values in read_all())
    methods: dict[str, Method] = {"this model": shipped}
    methods |= {name: partial(plain, name=name) for name in PLAIN}
    print("| mean (lowest to highest) | accuracy | macro-F1 | tweets: accuracy | macro-F1 |")
    print("|---|---|---|---|---|")
    for name, method in methods.items():
        results = []
        for seed in SEEDS:
            inside, outside = train_test_split(
                np.arange(len(labels)), test_size=0.2, random_state=seed, stratify=labels
            )
            actual = labels[outside]
            predicted = method(texts[inside], labels[inside], texts[outside])
            tweets = sources[outside] == "tweets"
            results.append(scores(actual, predicted) + scores(actual[tweets], predicted[tweets]))
        cells = [
            f"{np.mean(column):.3f} ({min(column):.3f} to {max(column):.3f})"
            for column in zip(*results, strict=True)
        ]
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
