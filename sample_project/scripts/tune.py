"""Cross-validate settings on the training rows; the holdout is not read.

    python -m scripts.tune [ARCHIVE]      (ARCHIVE as for make_data.py)

Five folds, stratified by source and label. The groups of the split (reviews, rewritten tweets) stay
together here as well, so it starts from the archive: train.csv does not name them. The TF-IDF
models of scripts/compare.py are for comparison.
"""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, recall_score
from sklearn.model_selection import StratifiedGroupKFold

from scripts.compare import PLAIN, Labels, Method, plain, shipped
from scripts.make_data import Row, ground_truth, read_rows, select, split
from src import objective
from src.features import FeatureConfig, Sparse

FOLDS = 5
# The settings of the model, then each with one thing changed.
CANDIDATES = {
    "as shipped": FeatureConfig(),
    "2**17 buckets": FeatureConfig(bits=17),
    "single words": FeatureConfig(word_max=1),
    "characters 2-5": FeatureConfig(char_min=2),
    "characters 3-6": FeatureConfig(char_max=6),
    "no negation marks": FeatureConfig(negation_words=0),
}


def inverse_document_frequency(
    rows: Sequence[Sparse], labels: Sequence[int], config: FeatureConfig
) -> NDArray[np.float32]:
    """In place of features.class_scale: ln((1 + rows) / (1 + rows with it)) + 1 of each bucket."""
    frequency = np.zeros(config.buckets)
    for row in rows:
        frequency[row.indices] += 1
    return (np.log((1 + len(rows)) / (1 + frequency)) + 1).astype(np.float32)


def cross_validate(rows: Sequence[Row], method: Method) -> Labels:
    """Every row predicted once, by a model trained on the other four folds."""
    texts = np.array([row.text for row in rows], dtype=object)
    labels = np.array([row.label for row in rows])
    strata = [f"{row.source} {row.label}" for row in rows]
    groups = [row.group for row in rows]
    folds = StratifiedGroupKFold(FOLDS, shuffle=True, random_state=0)
    predicted = np.full(len(rows), -1)
    for inside, outside in folds.split(strata, strata, groups):
        predicted[outside] = method(texts[inside], labels[inside], texts[outside])
    return predicted


def figures(rows: Sequence[Row], predicted: Labels) -> str:
    """Accuracy, macro-F1, recall of each class, and accuracy of each source, as one line."""
    actual = np.array([row.label for row in rows])
    sources = np.array([row.source for row in rows])
    recall = recall_score(actual, predicted, average=None)
    parts = [
        f"accuracy {accuracy_score(actual, predicted):.3f}",
        f"macro-F1 {f1_score(actual, predicted, average='macro'):.3f}",
        "recall " + " ".join(f"{value:.3f}" for value in recall),
    ]
    for source in ("tweets", "amazon"):
        chosen = sources == source
        parts.append(f"{source} {accuracy_score(actual[chosen], predicted[chosen]):.3f}")
    return ", ".join(parts)


def main() -> None:
    archive = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    rows = split(select(read_rows(ground_truth(archive))).rows)["train"]
    print(f"{len(rows)} rows, C = {objective.C}, class weights {objective.CLASS_WEIGHT}")
    methods: dict[str, Method] = {
        name: partial(shipped, config=config) for name, config in CANDIDATES.items()
    }
    methods["idf as the scale"] = partial(shipped, scale_of=inverse_document_frequency)
    methods |= {name: partial(plain, name=name) for name in PLAIN}
    for name, method in methods.items():
        print(f"{name}: {figures(rows, cross_validate(rows, method))}", flush=True)


if __name__ == "__main__":
    main()
