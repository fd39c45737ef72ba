"""Packages of the base image's Debian or Ubuntu, which Python packages need beside themselves."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from . import process, record

TABLE = "[tool.ml-pipeline.dependencies]"
CHANGING = (
    "cache/apt/*.bin",
    "cache/apt/archives/*.deb",
    "cache/ldconfig/aux-cache",
    "lib/apt/lists/*",
    "log/alternatives.log",
    "log/apt/*",
    "log/dpkg.log",
)
"""What an installation leaves below /var that is another each time: no two images of one commit would be equal."""
_LIBRARY = re.compile(r"\b(lib[\w.+-]+?)\.so([\d.]*): cannot open shared object file")


def run(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Run apt-get; what fails it is said in one sentence."""
    names = " ".join(options.rest)
    for argv in (["update"], ["install", "--yes", "--no-install-recommends", *options.rest]):
        result = process.run(["apt-get", *argv], options.timeout, secrets, {"DEBIAN_FRONTEND": "noninteractive"})
        if result.exit_code == 0:
            continue
        said = " ".join(line for line in result.tail if line.startswith("E: ")) or result.last_line()
        mend = f"mend system in {TABLE}"
        if result.exit_code == process.NOT_FOUND:
            mend = f"take the names out of system in {TABLE} and give a Python image that has them (--python-image)"
        elif argv == ["update"] or result.timed_out:
            mend = "look at the network and the package sources of the Python image, and try again"
        raise record.Stop(
            record.SETUP,
            f"system packages {names} cannot be installed: apt-get {result.ended()}: {record.shortened(said, 500)}; "
            f"{mend}.",
        )
    for path in [path for pattern in CHANGING for path in Path("/var").glob(pattern) if path.is_file()]:
        path.unlink()


def lacking(text: str) -> str:
    """Return what to do where a text complains of a shared library that the image lacks; else nothing."""
    found = _LIBRARY.search(text)
    if not found:
        return ""
    # Debian's rule for names; others than plain ones have exceptions.
    plain = re.fullmatch(r"[A-Za-z]+", found[1]) and re.fullmatch(r"\.\d+", found[2])
    named = f" ({found[1].lower()}{found[2][1:]})" if plain else ""
    return f"name Debian's package of it{named} with system in {TABLE}, or install it where no container is used"
