"""Whether a uv.lock follows from pyproject.toml, without asking a package index."""

from __future__ import annotations

import tomllib

import pytest

from ml_steps import lockfile
from ml_steps.errors import SetupError

PYPROJECT = """
[project]
name = "My_App"
dependencies = ["numpy >=2, <3", "scikit_learn", "tools[fast]==01.0; python_version < '4'", "near @ git+https://git.example/near"]
[project.optional-dependencies]
plots = ["matplotlib>=3.8", "my-app[all]"]
all = ["rich~=13.0"]
[dependency-groups]
base = ["pytest"]
Dev = [{include-group = "base"}, "ruff>=0.5"]
[tool.uv]
dev-dependencies = ["mypy"]
"""
LOCK = """
[[package]]
name = "numpy"
version = "2.1.0"
source = {registry = "https://mirror.example/simple"}
[[package]]
name = "my-app"
source = {editable = "."}
[package.metadata]
requires-dist = [
  {name = "matplotlib", marker = "extra == 'plots'", specifier = ">=3.8"}, {name = "rich", specifier = "~=13.0"},
  {name = "near", git = "https://git.example/near"}, {name = "numpy", specifier = ">=2,<3"}, {name = "scikit-learn"},
  {name = "tools", extras = ["fast"], specifier = "==1.0"},
]
[package.metadata.requires-dev]
base = [{name = "pytest"}]
dev = [{name = "pytest"}, {name = "ruff", specifier = ">=0.5"}, {name = "mypy"}]
"""


TOOLS = """
[project]
name = "a"
[tool.ruff]
exclude = [
  ["b"],
]
[[tool.uv.index]]  # ours
name = "x"
[tool.ml-pipeline.evaluate]
target = "y"
[[tool . "ml-pipeline".gate]]
id = "[tool.uv]"
[dependency-groups]
dev = ["b"]
"""


def test_what_an_installation_reads_of_it() -> None:
    """An edit of another tool's settings must not install, and so train, again."""
    reduced = lockfile.for_uv(TOOLS)
    assert reduced == lockfile.for_uv(TOOLS.replace('"y"', '"z"'))
    assert tomllib.loads(reduced) == {
        "project": {"name": "a"},
        "tool": {"uv": {"index": [{"name": "x"}]}},
        "dependency-groups": {"dev": ["b"]},
    }
    odd = TOOLS.replace('"y"', '"""\n[tool.uv]\n"""')
    assert lockfile.for_uv("tool = 5\n") == "tool = 5\n", "its owner says what is wrong"
    assert lockfile.for_uv(odd) == odd, "what cannot be told apart for sure is left as it is"


def test_one_that_follows() -> None:
    lockfile.check(PYPROJECT, LOCK)


def test_a_lock_from_when_there_was_nothing_to_ask_for() -> None:
    """uv then notes nothing of the project."""
    lock = LOCK.partition("[package.metadata]")[0]
    with pytest.raises(SetupError, match=r"matplotlib is >=3\.8 in pyproject\.toml and missing in uv\.lock"):
        lockfile.check(PYPROJECT, lock)


def test_groups_that_include_each_other_end() -> None:
    lockfile.check(PYPROJECT.replace('base = ["pytest"]', 'base = ["pytest", {include-group = "base"}]'), LOCK)


def test_a_group_that_is_gone() -> None:
    lock = LOCK + 'docs = [{name = "mkdocs"}]\n'
    with pytest.raises(
        SetupError, match=r"mkdocs of the group docs is missing in pyproject\.toml and any version in uv"
    ):
        lockfile.check(PYPROJECT, lock)


@pytest.mark.parametrize(
    ("asked", "instead", "said"),
    [
        ('"scikit_learn"', '"scikit_learn", "pandas>=2"', "pandas is >=2 in pyproject.toml and missing in uv.lock"),
        ('"scikit_learn", ', "", "scikit-learn is missing in pyproject.toml and any version in uv.lock"),
        (">=2, <3", ">=2, <2.1", "numpy is >=2,<2.1 in pyproject.toml and >=2,<3 in uv.lock"),
        ("rich~=13.0", "rich~=13.0.1", "rich is ~=13.0.1 in pyproject.toml and ~=13.0 in uv.lock"),
        ('"ruff>=0.5"', '"ruff>=0.5", "ty"', "ty of the group dev is any version in pyproject.toml and"),
        ('["pytest"]', "[]", "pytest of the group base is missing in pyproject.toml"),
        ('["mypy"]', "[]", "mypy of the group dev is missing in pyproject.toml"),
    ],
)  # fmt: skip
def test_one_that_does_not(asked: str, instead: str, said: str) -> None:
    changed = PYPROJECT.replace(asked, instead)
    assert changed != PYPROJECT
    with pytest.raises(SetupError, match=r"^uv\.lock does not follow from pyproject\.toml: ") as caught:
        lockfile.check(changed, LOCK)
    assert said in str(caught.value)
    assert str(caught.value).endswith("; run `uv lock` and commit it.")


@pytest.mark.parametrize(
    ("pyproject", "lock"),
    [
        (PYPROJECT.replace('name = "My_App"', 'name = "My_App"\ndynamic = ["dependencies"]').replace("<3", "<9"), LOCK),
        (PYPROJECT.replace("<3", "<9"), LOCK.replace('"."', '"packages/app"')),
        (PYPROJECT.replace(">=2, <3", ">=2.0rc1"), LOCK),
        (PYPROJECT.replace('"scikit_learn"', '"scikit_learn>=1"'), LOCK),
        (PYPROJECT.replace("<3", "<9"), "no = [TOML"),
        ('project = "x"', LOCK),
        ("[project]\ndependencies = 'numpy'", LOCK),
        ("[project]\ndependencies = [1]", LOCK),
        (PYPROJECT.replace('{include-group = "base"}', "{include-group = 3}"), LOCK),
        (PYPROJECT, "package = 'x'"),
        (PYPROJECT, LOCK.replace('{name = "near", git', "{git")),
    ],
)
def test_what_cannot_be_told_is_left_to_uv(pyproject: str, lock: str) -> None:
    lockfile.check(pyproject, lock)
