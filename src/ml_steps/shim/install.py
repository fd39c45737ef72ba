"""Install the project's packages with uv, and say in one sentence when they cannot be had."""

from __future__ import annotations

import argparse
import compileall
import re
import sysconfig
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from py_compile import PycInvalidationMode

from . import process, record

TOOLS = "ml_pipeline_tools.pth"


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
        raise record.Stop(record.SETUP, f"{options.what} cannot be installed: uv says: {said}; {mend}.")
    # Once here, where it is cached, instead of in every later process.
    # By hash: the time of the installation in every compiled file would make no two images of one commit equal.
    packages = Path(sysconfig.get_path("purelib"))
    compileall.compile_dir(
        packages,
        quiet=2,
        workers=0,
        rx=_never_imported(packages),
        invalidation_mode=PycInvalidationMode.UNCHECKED_HASH,
    )
    if options.tools:
        (packages / TOOLS).write_text(f"{options.tools}\n", encoding="utf-8")


def _never_imported(packages: Path) -> re.Pattern[str]:
    """Return what finds test suites of packages, and sources beside their machine code, which Python prefers."""
    endings = tuple(EXTENSION_SUFFIXES)
    compiled = [path for path in packages.rglob("*") if path.name.endswith(endings)]
    sources = [re.escape(str(path.with_name(path.name.partition(".")[0] + ".py"))) for path in compiled]
    return re.compile("|".join(["/tests?/", *sources]))
