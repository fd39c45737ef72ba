"""uv's build backend, which in Dagger's runtime also makes the module start faster. Elsewhere it is uv's and no more.

Each call of a module starts Python twice. Dagger installs the module editable, and neither that nor Python's official
images compile anything: both starts would compile the standard library, Dagger's bindings and the module anew. And
both would have beartype write a check of the arguments for each of the 800 methods of the bindings, which takes longer
than every other import together; mypy has checked ours. beartype leaves that out where PYTHONOPTIMIZE says so.
"""

import compileall
import os
import re
import sysconfig
from pathlib import Path

from uv_build import *  # noqa: F403 - every hook of a backend is uv's
from uv_build import build_editable as _build_editable

OPTIMIZE = 'import os\n\nos.environ.setdefault("PYTHONOPTIMIZE", "1")\n'
SKIPPED = re.compile(r"/(site-packages|tests?|ensurepip|idlelib|lib2to3|tkinter|turtledemo)/")


def build_editable(
    wheel_directory: str, config_settings: dict[str, str] | None = None, metadata_directory: str | None = None
) -> str:
    """Build the editable wheel as uv does; in Dagger's runtime make ready first."""
    if "DAGGER_MODULE" in os.environ:
        stdlib = Path(sysconfig.get_path("stdlib"))
        with (stdlib / "sitecustomize.py").open("a", encoding="utf-8") as start:
            start.write(OPTIMIZE)
        for folder in (stdlib, "sdk/src", "src"):
            compileall.compile_dir(folder, quiet=2, workers=0, rx=SKIPPED)
    wheel: str = _build_editable(wheel_directory, config_settings, metadata_directory)
    return wheel
