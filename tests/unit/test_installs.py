"""How the environments are installed: from which files, with which arguments of uv."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import pytest

from ml_steps import installs
from ml_steps.errors import SetupError
from ml_steps.project import Project, parse_project


def project(text: str = "", *names: str) -> Project:
    return parse_project(text, frozenset({"src", *names}))


def dependencies(text: str) -> str:
    return f"[tool.ml-pipeline.dependencies]\n{text}\n"


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("[build-system]\n", {"PYTHONPATH": "/app/src"}),
        ('[build-system]\n[tool.ml-pipeline]\ncode = ["src/churn"]\n', {"PYTHONPATH": "/app/src"}),
        ('[build-system]\n[tool.ml-pipeline]\ncode = ["churn"]\n', {}),
        ("", {}),
    ],
)
def test_a_package_below_src_is_imported_by_its_name(text: str, variables: dict[str, str]) -> None:
    assert installs.imports(project(text), "/app") == variables


def test_dependencies_are_looked_for_in_order() -> None:
    both = ("uv.lock", "requirements.txt")
    named = dependencies('train.requirements = ["a.txt", "b.txt"]')
    assert installs.install(project(named, *both), "train").files == ("a.txt", "b.txt")
    assert installs.install(project(named, *both), "serve").files == ("pyproject.toml", "uv.lock")
    assert installs.install(project("", *both), "train").files == ("pyproject.toml", "uv.lock")
    assert installs.install(project("", "requirements.txt"), "train").files == ("requirements.txt",)
    said = r"No dependencies found: there is neither uv.lock nor requirements.txt, .*\[tool.ml-pipeline.dependencies\] serve; add one"
    with pytest.raises(SetupError, match=said):
        installs.install(project(), "serve")


def test_cuda_falls_back_on_train() -> None:
    text = dependencies('train.requirements = ["t.txt"]')
    assert installs.install(project(text), "cuda").files == ("t.txt",)
    assert installs.install(project(text + 'cuda.requirements = ["c.txt"]\n'), "cuda").files == ("c.txt",)


@pytest.mark.parametrize(
    ("text", "purpose", "chosen"),
    [
        ("", "dev", []),
        ("", "train", ["--no-dev"]),
        ('train.groups = ["fit"]', "train", ["--group=fit", "--no-default-groups"]),
        ('serve.extras = ["web"]', "serve", ["--extra=web", "--no-dev"]),
        ('dev.extras = ["web"]', "dev", ["--extra=web"]),
    ],
)
def test_groups_of_a_lock(text: str, purpose: installs.Purpose, chosen: list[str]) -> None:
    there = "[project.optional-dependencies]\nweb = []\n[dependency-groups]\nFit = []\n"
    plan = installs.install(project(dependencies(text) + there, "uv.lock"), purpose)
    assert plan.arguments[:3] == ("sync", "--active", "--frozen")
    assert [part for part in plan.arguments if part.startswith(("--group", "--extra", "--no-de"))] == chosen


@pytest.mark.parametrize("text", ['dev.groups = ["x"]', 'dev.extras = ["x"]'])
def test_groups_without_a_lock_are_not_passed_over(text: str) -> None:
    with pytest.raises(SetupError, match=r"dependencies] dev names groups or extras, which only a uv.lock has"):
        installs.install(project(dependencies(text), "requirements.txt"), "dev")


PINS = "# compiled\nnumpy==2.4.0 ; python_version >= '3.11' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n    # via x\n"
MORE = PINS + "pytest[x]==9.2.0 \\\n    --hash=sha256:cc\n"


@pytest.mark.parametrize(
    ("train", "dev", "held"),
    [
        (PINS, MORE, True),
        (PINS, PINS, True),
        (MORE, PINS, False),
        (PINS, MORE.replace("2.4.0", "2.4.1"), False),
        (PINS, MORE.replace("aa", "dd"), False),
        (PINS, MORE + "--index-url https://example.com/cpu\n", False),
        (PINS + "-c bounds.txt\n", MORE + "-c bounds.txt\n", False),
        ("numpy\n", "numpy\npytest\n", False),
        ("numpy\n", "numpy==2.4.0\n", False),
        ("numpy==2.*\n", "numpy==2.*\npytest==9.2.0\n", False),
        ("numpy @ https://example.com/n.whl\n", "numpy @ https://example.com/n.whl\npytest==9.2.0\n", False),
        ("", MORE, False),
    ],
)
def test_an_environment_is_installed_on_another_only_where_it_has_the_same_packages(
    train: str, dev: str, *, held: bool
) -> None:
    there = project(dependencies('train.requirements = ["t.txt"]\ndev.requirements = ["d.txt"]'))
    assert installs.holds(there, "dev", "train", {"t.txt": train, "d.txt": dev}) is held
    assert not installs.holds(there, "dev", "train", {"d.txt": dev})


def test_of_a_file_that_was_not_read_nothing_is_sure() -> None:
    there = project(dependencies('train.requirements = ["t.txt", "more.in"]\ndev.requirements = ["d.txt"]'))
    assert not installs.holds(there, "dev", "train", {"t.txt": PINS, "d.txt": MORE})


@pytest.mark.parametrize(
    ("text", "names", "held"),
    [
        ("", ["requirements.txt"], True),
        ("", ["uv.lock"], True),
        ('train.groups = ["fit"]', ["uv.lock"], False),
        ('train.groups = ["fit"]\ndev.groups = ["fit", "check"]', ["uv.lock"], True),
        ('train.extras = ["fit"]', ["uv.lock"], False),
        ('dev.extras = ["fit"]', ["uv.lock"], True),
        ('train.requirements = ["t.txt"]', ["uv.lock"], False),
    ],
)
def test_environments_of_the_same_files_differ_in_groups_and_extras(text: str, names: list[str], *, held: bool) -> None:
    there = "[project.optional-dependencies]\nfit = []\n[dependency-groups]\nfit = []\ncheck = []\n"
    assert installs.holds(project(dependencies(text) + there, *names), "dev", "train", {}) is held


def test_install_argv() -> None:
    plan = installs.from_requirements(("a.txt", "b.txt"))
    argv = plan.argv("/shim", out="/out", tools="/tools")
    assert argv[:6] == ["/shim", "install", "--out", "/out", "--what", "a.txt with b.txt"]
    assert argv[argv.index("--") + 1 :][:3] == ["uv", "pip", "install"]
    assert argv[-4:] == ["-r", "a.txt", "-r", "b.txt"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('serve.groups = ["serving"]', r'serve: pyproject.toml defines no group "serving"; did you mean "serve"\? '),
        ('dev.extras = ["x"]', r'dev: pyproject.toml defines no extra "x"; extras there: none; mend it there'),
    ],
)
def test_a_group_that_is_not_defined(text: str, said: str) -> None:
    with pytest.raises(SetupError, match=said):
        project(dependencies(text) + "[dependency-groups]\nserve = []\n", "uv.lock")
