"""How the project's environments are installed, and what else they are told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from ml_steps.config import Packages
from ml_steps.errors import SetupError
from ml_steps.project import Project

Purpose = Literal["train", "serve", "dev", "cuda"]
"""The project's environments, kept apart."""


@dataclass(frozen=True)
class Install:
    """How one of the project's environments is installed: the files it needs and uv's arguments."""

    files: tuple[str, ...]
    arguments: tuple[str, ...]
    """After `uv`, run in the folder of the files with VIRTUAL_ENV set."""

    def argv(self, shim: str, *, out: str, tools: str = "") -> list[str]:
        """Return the shim's command, which installs and adds the folder of the module's tools."""
        what = " with ".join(self.files)
        return [shim, "install", "--out", out, "--what", what, "--tools", tools, "--", "uv", *self.arguments]


def install(project: Project, purpose: Purpose) -> Install:
    """Return how to install an environment: from the files that are named, from uv.lock, or requirements.txt.

    Raises SetupError when the project has none of them.
    """
    packages = _packages(project, purpose)
    if packages.requirements:
        return from_requirements(packages.requirements)
    if (packages.groups or packages.extras) and "uv.lock" not in project.names:
        raise SetupError(
            f"pyproject.toml: [tool.ml-pipeline.dependencies] {purpose} names groups or extras, which only a uv.lock "
            "has, and there is none; run `uv lock`, or name requirements files there."
        )
    if "uv.lock" in project.names:
        sync = ("sync", "--active", "--frozen", "--no-install-project", "--quiet")
        return Install(("pyproject.toml", "uv.lock"), (*sync, *_chosen(packages, purpose)))
    if "requirements.txt" in project.names:
        return from_requirements(("requirements.txt",))
    raise SetupError(
        "No dependencies found: there is neither uv.lock nor requirements.txt, and pyproject.toml names none in "
        f"[tool.ml-pipeline.dependencies] {purpose}; add one of them."
    )


def from_requirements(names: tuple[str, ...], overrides: str = "") -> Install:
    """Return how to install requirements files, hashed or plain."""
    arguments = [part for name in names for part in ("-r", name)]
    if overrides:
        arguments += ["--overrides", overrides]
    return Install(names, ("pip", "install", "--quiet", *arguments))


def holds(project: Project, more: Purpose, less: Purpose, texts: Mapping[str, str]) -> bool:
    """Return whether one environment has every package of another, so that installing it on top of that gives the same.

    `texts` has the requirements files by name. True only where it is sure: groups and extras of one uv.lock, the
    same files, or compiled requirements with every pin of the other's.
    Raises SetupError when the project has no dependencies.
    """
    one, other = install(project, more), install(project, less)
    if one.files == other.files:
        chosen, needed = _packages(project, more), _packages(project, less)
        return set(needed.groups) <= set(chosen.groups) and set(needed.extras) <= set(chosen.extras)
    if not {*one.files, *other.files} <= texts.keys():
        return False
    held, wanted = (_pins(texts[name] for name in plan.files) for plan in (one, other))
    return bool(wanted) and wanted <= held


_PIN = re.compile(r"[\w.-]+(\[[\w.,-]+\])?==[^*]+$|--hash=")


def _pins(texts: Iterable[str]) -> set[str]:
    """Return the lines of compiled requirements; none where one is neither a pin nor its hash: it may change others."""
    stripped = (line.strip().removesuffix("\\").rstrip() for text in texts for line in text.splitlines())
    lines = {line for line in stripped if line and not line.startswith("#")}
    return lines if all(_PIN.match(line) for line in lines) else set()


CUDA_OVERRIDES = "cuda-overrides.txt"
"""Beside the requirements for the CUDA image: keeps torch out also where another package asks for it."""


def export_lock(project: Project) -> list[str]:
    """Return uv's arguments that print the CUDA packages of a uv.lock as hashed requirements."""
    chosen = _chosen(_packages(project, "cuda"), "cuda")
    return ["export", "--frozen", "--no-emit-project", "--quiet", "--format", "requirements.txt", *chosen]


def _packages(project: Project, purpose: Purpose) -> Packages:
    packages: Packages = getattr(project.config.dependencies, purpose)
    return project.config.dependencies.train if purpose == "cuda" and packages == Packages() else packages


def _chosen(packages: Packages, purpose: Purpose) -> list[str]:
    chosen = [f"--group={name}" for name in packages.groups] + [f"--extra={name}" for name in packages.extras]
    if purpose == "dev":
        return chosen
    # A group that is named would bring the default ones, such as dev, along.
    return [*chosen, "--no-default-groups" if packages.groups else "--no-dev"]


def install_tools(lock: str, target: str, python: str) -> list[str]:
    """Return uv's arguments that install the module's linters and pytest into a folder of their own."""
    return ["pip", "install", "--quiet", "--require-hashes", "--target", target, "--python", python, "-r", lock]


def imports(project: Project, root: str) -> dict[str, str]:
    """Return the variable that lets a package below `src` be imported by its name, as if it were installed."""
    below_src = any(path.split("/")[0] == "src" for path in project.config.code)
    return {"PYTHONPATH": f"{root}/src"} if project.is_package and below_src else {}
