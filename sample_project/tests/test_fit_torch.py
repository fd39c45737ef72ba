"""PyTorch reaches the same model; skipped where it is not installed (the dev environment)."""

import pytest

torch = pytest.importorskip("torch", reason="PyTorch is installed for GPU training only")

from src import features, fit_sklearn, objective  # noqa: E402
from src.features import FeatureConfig  # noqa: E402
from tests.conftest import small_rows  # noqa: E402


def test_torch_reaches_the_loss_of_scikit_learn() -> None:
    from src import fit_torch

    config = FeatureConfig(bits=12)
    counts = [features.count(str(row["text"]), config) for row in small_rows()]
    labels = [int(str(row["label"])) for row in small_rows()]
    scale = features.class_scale(counts, labels, config)
    rows = [features.weigh(row, scale) for row in counts]
    here = torch.device("cpu")
    fits = [
        fit_sklearn.fit(rows, labels, config.buckets, 200, seed=0),
        fit_torch.fit(rows, labels, config.buckets, 20, 0, here),
        fit_torch.fit(rows, labels, config.buckets, 20, 0, here),
    ]
    losses = [objective.loss(rows, labels, fit) for fit in fits]
    assert losses[1] == pytest.approx(losses[0], rel=0.01)
    assert (fits[1].weights == fits[2].weights).all()
