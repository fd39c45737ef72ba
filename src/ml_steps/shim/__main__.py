"""Entry point: `python FOLDER COMMAND …`, with the folder named ml_shim wherever it lies."""

import sys
from pathlib import Path

_parent = str(Path(__file__).resolve().parent.parent)
sys.path[0] = _parent
from ml_shim import commands  # type: ignore[import-not-found]  # noqa: E402

# Nothing of ours may shadow a module of the project that the commands import.
sys.path.remove(_parent)
sys.exit(commands.main(sys.argv[1:]))
