"""uv's build backend, which in Dagger's runtime also compiles what every call of the module imports.

Dagger installs the module editable, and neither that nor Python's official images compile anything: each call starts
Python twice, and both would compile the standard library, Dagger's bindings and the module anew. Elsewhere it is
uv's backend and no more.
"""

import compileall
import os
import re
import sysconfig

from uv_build import *  # noqa: F403 - every hook of a backend is uv's
from uv_build import build_editable as _build_editable

SKIPPED = re.compile(r"/(site-packages|tests?|ensurepip|idlelib|lib2to3|tkinter|turtledemo)/")


def build_editable(
    wheel_directory: str, config_settings: dict[str, str] | None = None, metadata_directory: str | None = None
) -> str:
    """Build the editable wheel as uv does; in Dagger's runtime compile first."""
    if "DAGGER_MODULE" in os.environ:
        for folder in (sysconfig.get_path("stdlib"), "sdk/src", "src"):
            compileall.compile_dir(folder, quiet=2, workers=0, rx=SKIPPED)
    wheel: str = _build_editable(wheel_directory, config_settings, metadata_directory)
    return wheel
