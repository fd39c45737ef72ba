"""Training with PyTorch, on a GPU: the same objective, features and artifact as on the CPU."""

import os
from collections.abc import Sequence

import numpy as np
import torch
from torch.nn import functional

from src.features import Sparse
from src.model import CLASSES
from src.objective import C, Fit, row_weights, stack

# So that 10 epochs come as near to the optimum as 10 of scikit-learn's passes do.
ITERATIONS_PER_EPOCH = 10


def cuda_available() -> bool:
    """Whether PyTorch sees a CUDA device."""
    return bool(torch.cuda.is_available())


def fit(
    rows: Sequence[Sparse],
    labels: Sequence[int],
    buckets: int,
    epochs: int,
    seed: int,
    device: torch.device,
) -> Fit:
    """Multinomial logistic regression by L-BFGS over all rows at once, in double precision."""
    # cuBLAS gives the same sums on every run only with a workspace of fixed size.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(seed)

    matrix = stack(rows)
    indices = torch.from_numpy(matrix.indices).to(device)
    values = torch.from_numpy(matrix.values).to(device)
    starts = torch.from_numpy(matrix.starts[:-1]).to(device)
    targets = torch.tensor(labels, dtype=torch.int64, device=device)
    importance = torch.from_numpy(row_weights(labels)).to(device)
    shape = (buckets, len(CLASSES))
    weights = torch.zeros(shape, dtype=torch.float64, device=device, requires_grad=True)
    bias = torch.zeros(len(CLASSES), dtype=torch.float64, device=device, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [weights, bias],
        max_iter=ITERATIONS_PER_EPOCH * epochs,
        history_size=10,
        line_search_fn="strong_wolfe",
    )

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        # A row's logits are the sum of its buckets' weights, each times the row's value there.
        logits = functional.embedding_bag(
            indices, weights, starts, mode="sum", per_sample_weights=values
        )
        entropy = functional.cross_entropy(logits + bias, targets, reduction="none")
        penalty = (weights * weights).sum() / (2 * C)
        value: torch.Tensor = ((importance * entropy).sum() + penalty) / importance.sum()
        value.backward()
        return value

    optimiser.step(closure)
    return Fit(
        weights.detach().cpu().numpy().astype(np.float32),
        bias.detach().cpu().numpy().astype(np.float32),
    )
