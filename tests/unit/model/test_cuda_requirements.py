"""The requirements that are installed beside the CUDA image's own torch."""

from __future__ import annotations

import pytest

from ml_steps.errors import SetupError
from ml_steps.model.cuda import without_torch

LOCK = """\
# made by uv
--index-url https://example.org/simple
numpy==2.0.1 \\
    --hash=sha256:aa \\
    --hash=sha256:bb
nvidia-cublas-cu12==12.1 ; sys_platform == 'linux' \\
    --hash=sha256:cc
NVIDIA_cudnn-cu12==9.1
torch==2.9.1 \\
    --hash=sha256:dd
torchmetrics==1.0  # not brought
triton==3.5.1
cuda-bindings==12.9
nvidia-ml-py==12.1
cuda-python==12.9
-r other.txt
"""


def test_torch_and_what_it_brings_are_left_out() -> None:
    kept = without_torch(LOCK, "cuda.txt", "2.9.1+cu130").splitlines()
    assert [line.split()[0] for line in kept] == [
        "#",
        "--index-url",
        "numpy==2.0.1",
        "torchmetrics==1.0",
        "nvidia-ml-py==12.1",
        "cuda-python==12.9",
        "-r",
    ]
    assert kept[2].split() == ["numpy==2.0.1", "--hash=sha256:aa", "--hash=sha256:bb"]


def test_windows_line_ends() -> None:
    assert without_torch(LOCK.replace("\n", "\r\n"), "f", "2.9.1").split() == without_torch(LOCK, "f", "2.9.1").split()


@pytest.mark.parametrize(
    "line",
    [
        "torch", "torch>=2.8", "torch==2.9.1", "torch==2.9.*", "Torch ~= 2.9", "torch==2.9.1+cu130",
        'torch==1.0; python_version < "3"', "torch[opt]>=2",
    ],
)  # fmt: skip
def test_a_torch_that_admits_the_images(line: str) -> None:
    assert without_torch(f"{line}\n", "f", "2.9.1+cu130") == "\n"


def test_a_nightly_torch_is_admitted_as_its_release_is() -> None:
    assert without_torch("torch>=2.9\n", "f", "2.10.0.dev20260101+cu130") == "\n"


@pytest.mark.parametrize("line", ["torch==2.8.0", "torch<2.9", "torch==2.9.1+cpu", "torch>=3  # soon", "torch!=2.9.1"])
def test_a_torch_that_does_not_names_both(line: str) -> None:
    specifier = line.removeprefix("torch").partition("  #")[0]
    said = f"cuda.txt: torch{specifier} does not admit torch 2.9.1+cu130, which the CUDA image brings"
    with pytest.raises(SetupError) as caught:
        without_torch(f"numpy\n{line}\n", "cuda.txt", "2.9.1+cu130")
    with pytest.raises(SetupError):
        without_torch(f'{line.partition("  #")[0]}; python_version >= "3"\n', "cuda.txt", "2.9.1+cu130")
    assert str(caught.value).startswith(said)
    assert "--cuda-image" in str(caught.value)
