"""What training minimises, whichever library does it: weighted cross-entropy with an L2 penalty.

    (sum of row weight * cross-entropy  +  |weights|^2 / (2 * C)) / sum of row weights

The row weight is the class weight of its label. This is the objective of scikit-learn's
LogisticRegression up to a constant factor; the bias is not penalised.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from src.features import Sparse

# Chosen by cross-validation on the training rows, see scripts/tune.py.
C = 3.0
# Neutral is the rarest class and the hardest: without a weight most of it is called positive.
CLASS_WEIGHT = {0: 1.1, 1: 1.4, 2: 1.0}


class Matrix(NamedTuple):
    """Rows one after the other: row i is indices[starts[i]:starts[i + 1]], the same for values."""

    indices: NDArray[np.int64]
    values: NDArray[np.float64]
    starts: NDArray[np.int64]


class Fit(NamedTuple):
    """A trained classifier: weights (buckets, classes) and bias (classes,), both float32."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]


def stack(rows: Sequence[Sparse]) -> Matrix:
    """One matrix of all rows; at least one row is needed."""
    sizes = [len(row.indices) for row in rows]
    return Matrix(
        np.concatenate([row.indices for row in rows]),
        np.concatenate([row.values for row in rows]).astype(np.float64),
        np.concatenate(([0], np.cumsum(sizes))).astype(np.int64),
    )


def row_weights(labels: Sequence[int]) -> NDArray[np.float64]:
    """The class weight of each row, shape (rows,)."""
    return np.array([CLASS_WEIGHT[label] for label in labels], dtype=np.float64)


def loss(rows: Sequence[Sparse], labels: Sequence[int], fit: Fit) -> float:
    """The value of the objective on these rows."""
    weights = row_weights(labels)
    logits = np.array([row.values @ fit.weights[row.indices] + fit.bias for row in rows])
    logits = logits.astype(np.float64)
    top = logits.max(axis=1)
    log_sum = top + np.log(np.exp(logits - top[:, None]).sum(axis=1))
    entropy = log_sum - logits[np.arange(len(rows)), list(labels)]
    penalty = np.sum(fit.weights.astype(np.float64) ** 2) / (2 * C)
    return float((np.sum(weights * entropy) + penalty) / np.sum(weights))
