"""Train the model: python -m src.train --data DIR --output DIR --epochs N

Reads DIR/train.csv only; writes model.safetensors and model_config.json. Exits 2 with one sentence
where the data or the device cannot be used, and then writes nothing.
"""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from src import features, model, objective
from src.dataset import DatasetError, read_training
from src.features import FeatureConfig, Sparse


class DeviceError(Exception):
    """The device asked for cannot be used; the message is one sentence."""


def fit_on(
    device: str, rows: Sequence[Sparse], labels: Sequence[int], buckets: int, epochs: int, seed: int
) -> objective.Fit:
    """Fit on "cpu" (scikit-learn) or "cuda" (PyTorch). Raises DeviceError."""
    # Each library is imported only where it trains: an environment needs one of them.
    if device == "cpu":
        from src import fit_sklearn

        return fit_sklearn.fit(rows, labels, buckets, epochs, seed)
    try:
        import torch

        from src import fit_torch
    except ImportError as error:
        raise DeviceError(
            f"--device cuda needs PyTorch (requirements/torch.txt): {error}"
        ) from error
    if not fit_torch.cuda_available():
        raise DeviceError("--device cuda was asked for, but PyTorch sees no CUDA device here")
    return fit_torch.fit(rows, labels, buckets, epochs, seed, torch.device("cuda"))


def train(data: Path, output: Path, epochs: int, device: str, seed: int) -> None:
    """Read, fit, write, and print what was done. Raises DatasetError or DeviceError."""
    started = time.perf_counter()
    texts, labels = read_training(data)
    config = FeatureConfig()
    counts = [features.count(text, config) for text in texts]
    scale = features.class_scale(counts, labels, config)
    rows = [features.weigh(row, scale) for row in counts]
    fit = fit_on(device, rows, labels, config.buckets, epochs, seed)
    model.save(model.Model(config, scale, fit.weights, fit.bias), output)
    print(f"rows: {len(rows)}")
    in_use = len(np.unique(objective.stack(rows).indices))
    print(f"features: {config.buckets} buckets, {in_use} in use")
    print(f"epochs: {epochs} on {device}")
    print(f"training loss: {objective.loss(rows, labels, fit):.4f}")
    print(f"seconds: {time.perf_counter() - started:.1f}")


def positive(value: str) -> int:
    """An integer of at least 1, for argparse."""
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m src.train", description="Train the model.")
    parser.add_argument("--data", type=Path, required=True, help="folder with train.csv")
    parser.add_argument("--output", type=Path, required=True, help="folder for the model")
    parser.add_argument("--epochs", type=positive, default=10, help="passes over the rows (10)")
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    try:
        train(options.data, options.output, options.epochs, options.device, options.seed)
    except (DatasetError, DeviceError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
