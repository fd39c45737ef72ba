"""Training on the CPU with scikit-learn."""

import warnings
from collections.abc import Sequence

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from src.features import Sparse
from src.objective import CLASS_WEIGHT, C, Fit, stack


def fit(rows: Sequence[Sparse], labels: Sequence[int], buckets: int, epochs: int, seed: int) -> Fit:
    """Multinomial logistic regression by SAGA; an epoch is one pass over the rows."""
    matrix = stack(rows)
    features = csr_matrix(
        (matrix.values, matrix.indices, matrix.starts), shape=(len(rows), buckets)
    )
    classifier = LogisticRegression(
        C=C,
        class_weight=CLASS_WEIGHT,
        solver="saga",
        max_iter=epochs,
        tol=0.0,  # run every epoch that was asked for
        random_state=seed,
    )
    # One thread: sums are then taken in the same order on every run, to the last bit.
    with warnings.catch_warnings(), threadpool_limits(1):
        # Stopping after the given epochs is what was asked for, not an accident.
        warnings.simplefilter("ignore", ConvergenceWarning)
        classifier.fit(features, np.array(labels))
    return Fit(
        np.ascontiguousarray(classifier.coef_.T, dtype=np.float32),
        classifier.intercept_.astype(np.float32),
    )
