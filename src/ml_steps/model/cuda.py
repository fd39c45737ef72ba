"""Training in the CUDA image uses the image's own torch: the project's must admit it, and is not installed."""

from __future__ import annotations

import re

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from ml_steps.errors import SetupError

_LIBRARIES = "cublas|cuda|cudnn|cufft|cufile|curand|cusolver|cusparse|cusparselt|nccl|nvjitlink|nvshmem|nvtx"
_BROUGHT = re.compile(rf"^(torch|triton|nvidia-({_LIBRARIES})(-[\w-]+)?|cuda-(bindings|pathfinder|toolkit))$")
"""What torch itself asks for; other packages of NVIDIA's, such as nvidia-ml-py, are the project's."""

OVERRIDES = 'torch; sys_platform == "never"\ntriton; sys_platform == "never"\n'
"""For uv: no package may bring them in as its own dependency."""


def without_torch(text: str, file: str, torch_version: str) -> str:
    """Return a requirements file without torch and the CUDA packages.

    Raises SetupError when a torch requirement does not admit the image's version, naming both.
    """
    kept = []
    for requirement in _logical_lines(text):
        name = _name(requirement)
        if name == "torch":
            _admit(requirement, file, torch_version)
        if name is None or not _BROUGHT.match(name):
            kept.append(requirement)
    return "\n".join(kept) + "\n"


def _logical_lines(text: str) -> list[str]:
    """Join the continued lines of a hashed requirements file."""
    return re.sub(r"\\\r?\n", " ", text).splitlines()


def _specifier(line: str) -> str:
    return re.split(r"\s--hash=|\s#", line.strip())[0].strip()


def _name(line: str) -> str | None:
    try:
        return canonicalize_name(Requirement(_specifier(line)).name)
    except InvalidRequirement:
        return None


def _admit(line: str, file: str, torch_version: str) -> None:
    requirement = Requirement(_specifier(line))
    if requirement.marker is not None and not requirement.marker.evaluate():
        return
    # 2.14.1+cu132 is admitted by ==2.14.1: the local part says only how it was built.
    versions = {torch_version, Version(torch_version).public}
    if not any(requirement.specifier.contains(version, prereleases=True) for version in versions):
        raise SetupError(
            f"{file}: torch{requirement.specifier} does not admit torch {torch_version}, which the CUDA image brings; "
            "change the requirement, or pass another image with --cuda-image."
        )
