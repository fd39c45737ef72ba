"""`system`: what apt-get cannot install is one sentence with its reason; and what tells that a library is lacking."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ml_steps.shim import system

from .shims import Shim


def apt_get(folder: Path, script: str) -> dict[str, str]:
    """Put an apt-get on the path: the real one would change this machine."""
    folder.mkdir()
    program = folder / "apt-get"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}


def test_an_image_without_apt_get(shim: Shim) -> None:
    ran = shim.run("system", "--", "libgomp1", variables={"PATH": "/nowhere"})
    assert ran.exit_code == 11
    assert ran.sentence().startswith("ml-pipeline: system packages libgomp1 cannot be installed: apt-get exited 127")
    assert "give a Python image that has them (--python-image)" in ran.sentence()


@pytest.mark.parametrize(
    ("fails", "mend"),
    [
        ("update", "look at the network and the package sources of the Python image, and try again."),
        ("install", "mend system in [tool.ml-pipeline.dependencies]."),
    ],
)
def test_what_apt_get_says(shim: Shim, tmp_path: Path, fails: str, mend: str) -> None:
    script = f'[ "$1" = {fails} ] || exit 0\necho "Reading lists"\necho "E: no libgmop1"\necho "W: more"\nexit 100'
    ran = shim.run("system", "--", "libgmop1", "curl", variables=apt_get(tmp_path / "bin", script))
    assert ran.exit_code == 11
    assert "libgmop1 curl cannot be installed: apt-get exited 100: E: no libgmop1; " in ran.sentence()
    assert ran.sentence().endswith(mend)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("OSError: libgomp.so.1: cannot open shared object file: No such file", "package of it (libgomp1) with system"),
        ("ImportError: libGL.so.1: cannot open shared object file: No such", "package of it (libgl1) with system"),
        ("libglib-2.0.so.0: cannot open shared object file", "package of it with system"),
        ("libssl.so.1.1: cannot open shared object file", "package of it with system"),
        ("libodd.so: cannot open shared object file", "package of it with system"),
        ("cannot open the file", ""),
    ],
)
def test_what_tells_that_a_library_is_lacking(text: str, words: str) -> None:
    assert words in system.lacking(text)
    assert bool(system.lacking(text)) == bool(words)
