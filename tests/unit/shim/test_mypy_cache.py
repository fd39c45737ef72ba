"""`imports` and `mypy-cache`: what mypy knows of others' modules is made once, and nothing of the project's own."""

from __future__ import annotations

from ml_steps import shim_argv

from .shims import Shim

CODE = """import json
import src.b
from . import c
from helper import thing
from collections.abc import Mapping, Sequence as Seq
import os.path as p, json
def later():
    import zlib
"""


def test_imports_of_others_sorted_and_once(shim: Shim) -> None:
    shim.write({"src/a.py": CODE, "src/b.py": "def load(:\n", "helper.py": "", "tests/test_a.py": "import json\n"})
    ran = shim.run("imports", "--code", "src", "--", "tests", "not-there")
    assert ran.exit_code == 0
    assert (ran.out / shim_argv.MYPY_IMPORTS).read_text().splitlines() == [
        "from collections.abc import Mapping",
        "from collections.abc import Sequence",
        "import json",
        "import os.path",
        "import zlib",
    ]


def test_lint_finds_the_same_with_the_cache(shim: Shim) -> None:
    shim.write({"src/a.py": "import json\n\nnumber: int = json.dumps(1)\n"})
    imports = shim.run("imports", "--code", "src", "--", "src").out
    cache = shim.run("mypy-cache", "--", str(imports / shim_argv.MYPY_IMPORTS)).out
    filled = sorted(path.name for path in cache.rglob("*") if path.is_file())
    assert len(filled) > 3
    kept = shim.project / "kept"
    cache.rename(kept)
    said = []
    for more in ([], ["--mypy-cache", str(kept)]):
        ran = shim.run("lint", "--tools", "mypy", *more, "--code", "src", "--", "tests")
        said.append((ran.out / "mypy.txt").read_text())
    assert said[0] == said[1]
    assert 'src/a.py:3: error: Incompatible types in assignment (expression has type "str"' in said[0]


def test_no_cache_where_mypy_cannot_run(shim: Shim) -> None:
    crashes = "import pathlib, sys\n(pathlib.Path(sys.argv[2]) / 'half').write_text('')\nraise SystemExit(2)\n"
    shim.write({"mypy.py": crashes, "imports.py": "import json\n"})
    ran = shim.run("mypy-cache", "--", "imports.py")
    assert (ran.exit_code, list(ran.out.iterdir())) == (0, [])
