"""The module loads without an engine, and its docstrings are the CLI's help: every one must be there."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest
from dagger import Doc

import ml_pipeline
from ml_pipeline import MLPipeline, MlPipeline
from ml_steps.stages import STAGES

FUNCTIONS = [
    "lint", "test", "validate_data", "train", "build_image", "evaluate", "gate",
    "full_pipeline", "run", "verdict", "publish", "container", "version",
]  # fmt: skip


def test_the_alias_is_the_main_object() -> None:
    assert MLPipeline is MlPipeline


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_says_what_it_does(name: str) -> None:
    text = inspect.getdoc(getattr(MlPipeline, name)) or ""
    assert text.endswith(".")
    assert len(text.splitlines()[0]) <= 120


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_argument_has_a_help_text(name: str) -> None:
    hints = get_type_hints(getattr(MlPipeline, name), include_extras=True)
    for argument, hint in hints.items():
        if argument in {"return", "ws"}:
            continue
        assert _doc(hint), f"{name}({argument})"
        assert "`" not in _doc(hint), "the CLI takes what stands in back quotes for the type of the flag"


def test_the_stages_are_named_where_they_are_chosen() -> None:
    text = _doc(get_type_hints(MlPipeline.run, include_extras=True)["stages"])
    assert ", ".join(stage.name for stage in STAGES) in text


def test_every_constructor_argument_has_a_help_text_and_a_default() -> None:
    hints = get_type_hints(MlPipeline, include_extras=True)
    signature = inspect.signature(MlPipeline)
    for argument, parameter in signature.parameters.items():
        assert _doc(hints[argument]), argument
        assert parameter.default is not inspect.Parameter.empty, argument


def test_functions_that_talk_to_a_person_return_text() -> None:
    for name in ("lint", "test", "validate_data", "gate", "full_pipeline", "verdict", "publish"):
        assert get_type_hints(getattr(MlPipeline, name))["return"] is str


def test_the_module_docstring_shows_a_call_and_the_exit_codes() -> None:
    text = ml_pipeline.__doc__ or ""
    assert "dagger call" in text
    assert "10 the verdict is fail" in text


def test_importing_the_module_loads_nothing_heavy() -> None:
    program = "import sys, ml_pipeline; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    loaded = set(ran.stdout.split())
    assert not loaded & {"duckdb", "sklearn", "numpy", "htpy"}
    ours = {name for name in loaded if name.startswith("ml_steps.")}
    allowed = {"config", "errors", "installs", "linters", "lockfile", "metrics", "project", "shim_argv", "stages"}
    assert ours == {f"ml_steps.{name}" for name in allowed}


def _doc(hint: object) -> str:
    if get_origin(hint) is not Annotated:
        return ""
    return next((extra.documentation for extra in get_args(hint) if isinstance(extra, Doc)), "")
