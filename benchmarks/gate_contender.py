"""Reads what `evaluate` reads, and computes every metric of it once with scikit-learn: for each model and slice."""

from __future__ import annotations

import sys
from pathlib import Path

import duckdb
import numpy as np
from sklearn.metrics import (
    accuracy_score,
    brier_score_loss,
    confusion_matrix,
    f1_score,
    log_loss,
    precision_recall_fscore_support,
)


def main(folders: list[Path]) -> None:
    """Print how many figures there are."""
    found = 0
    truth = duckdb.read_parquet(str(folders[0] / "targets.parquet")).order("row").fetchnumpy()
    target, source = np.asarray(truth["target"]), np.asarray(truth["source"])
    parts = [slice(None), *(source == value for value in np.unique(source.astype(str)))]
    for folder in folders:
        read = duckdb.read_json(str(folder / "predictions.jsonl"), format="newline_delimited").order("row")
        columns = read.project("prediction, probabilities[1] AS a, probabilities[2] AS b, probabilities[3] AS c")
        rows = columns.fetchnumpy()
        answer = np.asarray(rows["prediction"])
        probabilities = np.stack([np.asarray(rows[name]) for name in "abc"], axis=1)
        for part in parts:
            true, said, sure = target[part], answer[part], probabilities[part]
            accuracy_score(true, said)
            precision_recall_fscore_support(true, said, zero_division=np.nan)
            f1_score(true, said, average="macro")
            confusion_matrix(true, said)
            log_loss(true, sure)
            brier_score_loss(true, sure)
            found += 1
    print(found)


if __name__ == "__main__":
    main([Path(argument) for argument in sys.argv[1:]])
