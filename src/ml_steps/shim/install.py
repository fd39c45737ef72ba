"""Install the project's packages with uv, and say in one sentence when they cannot be had."""

from __future__ import annotations

import argparse
import compileall
import re
import sysconfig
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import cache_from_source
from pathlib import Path
from py_compile import PycInvalidationMode

from . import process, record

TOOLS = "ml_pipeline_tools.pth"
UNCHECKED = b"\1\0\0\0"
"""The flags in a compiled file that is known by a hash of its source, and not checked (PEP 552)."""


def run(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Run uv; then put the folder of the module's own tools behind the project's packages, which so win."""
    result = process.run(options.rest, options.timeout, secrets)
    if result.timed_out:
        raise record.Stop(
            record.SETUP,
            f"{options.what}: uv was still installing after {options.timeout:g} s and was stopped; expected it to end; "
            "look at the network and the package index, and try again.",
        )
    if result.exit_code != 0:
        said = " ".join(" ".join(result.tail).split())[-700:].rstrip(".")
        mend = "mend the requirements and lock them again"
        if "No interpreter found" in said:
            mend = "choose another Python (--python-version, --python-image), or mend requires-python"
        if re.search(r"normaliz.*\.\./", said):
            mend = "only the project's own folder is there, so publish that package, or copy it into the project"
        raise record.Stop(record.SETUP, f"{options.what} cannot be installed: uv says: {said}; {mend}.")
    # Once here, where it is cached, instead of in every later process.
    packages = Path(sysconfig.get_path("purelib"))
    _compile(packages)
    if options.tools:
        (packages / TOOLS).write_text(f"{options.tools}\n", encoding="utf-8")


def _compile(packages: Path) -> None:
    """Compile what is imported and not compiled yet: no test suites, no source beside its machine code.

    By hash: the time of the installation in every compiled file would make no two images of one commit equal.
    """
    endings = tuple(EXTENSION_SUFFIXES)
    files = sorted(packages.rglob("*"))
    machine = {path.with_name(path.name.partition(".")[0] + ".py") for path in files if path.name.endswith(endings)}
    sources = [
        path
        for path in files
        if path.suffix == ".py"
        and path not in machine
        and not {"test", "tests"}.intersection(path.relative_to(packages).parts)
        and not _by_hash(Path(cache_from_source(str(path))))
    ]
    compile_one = partial(
        compileall.compile_file, quiet=2, force=True, invalidation_mode=PycInvalidationMode.UNCHECKED_HASH
    )
    with ProcessPoolExecutor() as pool:
        list(pool.map(compile_one, sources, chunksize=64))


def _by_hash(compiled: Path) -> bool:
    """Tell whether it is there and was compiled here; what a wheel brings along may be of another source."""
    if not compiled.exists():
        return False
    with compiled.open("rb") as file:
        return file.read(8)[4:] == UNCHECKED
