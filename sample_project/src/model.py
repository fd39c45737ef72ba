"""The model, and its two files: model.safetensors (arrays) and model_config.json (settings)."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file
from safetensors.numpy import save as to_bytes

from src.features import FeatureConfig, Sparse, vectorise

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "model_config.json"
CLASSES = (0, 1, 2)
FORMAT = 1


@dataclass(frozen=True)
class Model:
    """A linear softmax classifier over hashed n-grams.

    weights: (buckets, classes), bias: (classes,), scale: (buckets,), all float32.
    """

    config: FeatureConfig
    scale: NDArray[np.float32]
    weights: NDArray[np.float32]
    bias: NDArray[np.float32]

    def probabilities(self, texts: Iterable[str]) -> NDArray[np.float64]:
        """Shape (texts, classes), each row in [0, 1] and summing to 1."""
        rows = vectorise(texts, self.scale, self.config)
        logits = np.array([self._logits(row) for row in rows], dtype=np.float64)
        logits = logits.reshape(len(rows), len(CLASSES))
        # Less the largest of the row: exp never overflows, and the quotient stays the same.
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        result: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return result

    def _logits(self, row: Sparse) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = row.values @ self.weights[row.indices] + self.bias
        return logits


def save(model: Model, folder: Path) -> None:
    """Write both files. The same model gives the same bytes."""
    folder.mkdir(parents=True, exist_ok=True)
    settings = {"format": FORMAT, "classes": list(CLASSES), "features": asdict(model.config)}
    (folder / CONFIG_FILE).write_text(json.dumps(settings, indent=2) + "\n", encoding="utf-8")
    arrays = {"scale": model.scale, "weights": model.weights, "bias": model.bias}
    content = to_bytes({name: np.ascontiguousarray(array) for name, array in arrays.items()})
    # Not save_file: its files can be read by their owner only, and a server is another user.
    (folder / WEIGHTS_FILE).write_bytes(content)


def load(folder: Path) -> Model:
    """Read both files.

    Raises FileNotFoundError where one is missing, ValueError where they are of another format or
    do not fit together.
    """
    for name in (CONFIG_FILE, WEIGHTS_FILE):
        if not (folder / name).is_file():
            raise FileNotFoundError(f"{folder} holds no {name}: train a model into it first")
    settings = json.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    if settings.get("format") != FORMAT or settings.get("classes") != list(CLASSES):
        raise ValueError(f"{folder / CONFIG_FILE} is not of format {FORMAT} with {CLASSES=}")
    config = FeatureConfig(**settings["features"])
    arrays = load_file(folder / WEIGHTS_FILE)
    model = Model(config, arrays["scale"], arrays["weights"], arrays["bias"])
    expected = ((config.buckets,), (config.buckets, len(CLASSES)), (len(CLASSES),))
    actual = (model.scale.shape, model.weights.shape, model.bias.shape)
    if actual != expected:
        raise ValueError(f"{folder / WEIGHTS_FILE} has shapes {actual}, expected {expected}")
    return model
