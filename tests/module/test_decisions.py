"""The module's decisions that need no engine."""

from __future__ import annotations

import ast
import inspect
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import get_type_hints

import pytest
from dagger import dag

from benchmarks import engine
from ml_pipeline import MlPipeline, image, images, publishing
from ml_pipeline.evaluation import is_missing_tag, named
from ml_pipeline.failing import Problem, _from_engine, _of_a_command, explain, words
from ml_pipeline.project_tree import references
from ml_pipeline.python_version import choose
from ml_steps.errors import SetupError

SUPPORTED = ["3.12", "3.13", "3.14"]


@pytest.mark.parametrize(
    ("asked", "pinned", "requires", "expected"),
    [
        ("3.12", "3.13", ">=3.11", "3.12"),
        ("", "3.13", ">=3.11", "3.13"),
        ("", "3.13.2", "", "3.13"),
        ("", "# the server's\n\n3.13\n3.12\n", "", "3.13"),
        ("", "cpython-3.13", "", "3.13"),
        ("", "", "", "3.14"),
        ("", "", ">=3.11", "3.14"),
        ("", "", ">=3.11,<3.14", "3.13"),
        ("", "", ">=3.11, <=3.13", "3.12"),
        ("", "", ">=3.11, <=3.13.5", "3.13"),
        ("", "", "~=3.12", "3.14"),
        ("", "", "~=3.12.0", "3.12"),
        ("", "", "==3.13.*", "3.13"),
        ("", "", "==3.13.2", "3.13"),
        ("", "", "==3.*", "3.14"),
        ("", "", "!=3.14.*,>=3.12", "3.13"),
        ("", "", "!=3.14,>=3.12", "3.14"),
        ("", "", ">3.13,<3.14", "3.13"),
        ("", "", "<3.13", "3.12"),
        ("", "", "<3.13.2", "3.13"),
        ("", "", "<3.13.0", "3.12"),
    ],
)
def test_python_version(asked: str, pinned: str, requires: str, expected: str) -> None:
    assert choose(asked, pinned, requires, SUPPORTED) == expected


@pytest.mark.parametrize(
    ("asked", "pinned", "requires", "named"),
    [
        ("3.9", "", "", "--python-version is 3.9"),
        ("", "pypy3.10", "", ".python-version"),
        ("", "", "<3.10", "<3.10"),
        ("", "", "==3.13", "==3.13"),
    ],
)
def test_no_python_that_fits(asked: str, pinned: str, requires: str, named: str) -> None:
    with pytest.raises(SetupError, match="--python-image") as error:
        choose(asked, pinned, requires, SUPPORTED)
    assert named in str(error.value)


@pytest.mark.parametrize("path", ["/health", "/health?q='x'&b=\"y\""])
def test_the_health_check_asks_the_server_itself(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with HTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.handle_request).start()
        program = image.health_check(server.server_port, path)
        done = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr, asked) == (0, "", [path])


def test_reports_are_not_passed_over_for_want_of_an_evaluation() -> None:
    folder = dag.directory()
    publishing.check_reports(None, None, None)
    publishing.check_reports(folder, folder, None)
    for reports in ((folder, None), (None, folder)):
        with pytest.raises(SetupError, match="--evaluation, which is not given; give it too"):
            publishing.check_reports(None, *reports)


def test_publish_takes_the_reports_that_the_gate_takes() -> None:
    judged = [get_type_hints(function, include_extras=True) for function in (MlPipeline.gate, MlPipeline.publish)]
    for name in ("data_report", "test_report"):
        assert judged[0][name] == judged[1][name]


def test_default_images_carry_digests() -> None:
    for reference in (*images.PYTHON.values(), images.CUDA, images.UV):
        name, _, digest = reference.partition("@sha256:")
        assert ":" in name
        assert len(digest) == 64


def test_requirements_that_include_others() -> None:
    text = "-r base.txt\nnumpy==2\n  --constraint=../limits.txt\n# -r not-this.txt\n-c https://example.com/limits.txt\n"
    assert references("requirements/dev.txt", text) == ["requirements/base.txt", "limits.txt"]
    assert references("pyproject.toml", "-r base.txt") == []


def test_a_configuration_error_keeps_its_sentence() -> None:
    assert explain(SetupError("what, where.")) == Problem(11, "what, where.")


def test_a_fault_of_ours_is_internal() -> None:
    problem = explain(KeyError("state"))
    assert (problem.exit_code, problem.state) == (12, "ERROR")
    assert "KeyError" in problem.message


def test_a_package_index_that_refuses_is_a_fault_of_the_set_up() -> None:
    said = "error: no solution\n\nhint: An index URL could not be queried (401 Unauthorized)\n"
    problem = _of_a_command(["uv", "pip", "sync"], 1, said)
    assert problem.exit_code == 11
    assert "could not be queried (401 Unauthorized); expected" in problem.message
    assert "--index-credentials" in problem.message
    assert _of_a_command(["python3", "-c", ""], 1, "").exit_code == 12


@pytest.mark.parametrize(
    "said",
    [
        "failed to prepare mounts: rpc error: code = Unknown desc = failed to read secret file a.env: no such file",
        'failed to prepare mounts: rpc error: code = Unknown desc = secret env var not found: "HOU..."',
    ],
)
def test_a_secret_that_cannot_be_read_names_the_options(said: str) -> None:
    shown = _from_engine(said)
    assert shown.startswith(f"a secret cannot be read: {said.partition('desc = ')[2]}; expected one")
    assert "--env-file" in shown


def test_a_reference_that_is_none_is_told_without_the_steps_of_the_engine() -> None:
    said = (
        'failed to resolve identity inputs for Container.from: resolve implicit input "fromSessionScope": invalid ref'
    )
    assert words(ValueError(said)) == "invalid ref"
    assert words(ValueError("failed to resolve a: b")) == "failed to resolve a: b"


def test_a_failing_command_of_the_project_is_a_fail_and_the_rest_are_errors() -> None:
    assert [Problem(code, "").state for code in (10, 11, 12)] == ["FAIL", "ERROR", "ERROR"]


@pytest.mark.parametrize(
    ("reference", "said", "missing"),
    [
        ("r.example/app:1", "failed to resolve r.example/app:1: r.example/app:1: not found", True),
        ("r.example/app:1", "no match for platform in manifest: not found", False),
        ("r.example/app:1", "error getting credentials: executable file not found in $PATH", False),
        ("r.example/app@sha256:aa", "r.example/app@sha256:aa: not found", False),
        ("r.example/app:1", "pull access denied, repository does not exist", False),
        ("r.example/app:1", "dial tcp: connect: connection refused", False),
    ],
)
def test_only_a_tag_that_the_registry_lacks_is_a_first_release(reference: str, said: str, missing: bool) -> None:
    assert is_missing_tag(reference, said) is missing


DIGEST = "sha256:" + "a" * 64


def test_an_evaluation_of_another_model_or_of_a_smoke_run_is_not_published() -> None:
    publishing.refuse_other_model({"model_digest": DIGEST, "smoke": False}, DIGEST)
    with pytest.raises(SetupError, match="evaluate this model"):
        publishing.refuse_other_model({"model_digest": DIGEST, "smoke": False}, "sha256:b")
    with pytest.raises(SetupError, match="evaluate in full"):
        publishing.refuse_other_model({"model_digest": DIGEST, "smoke": True}, DIGEST)


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("127.0.0.1:5000/app:1", True),
        ("registry.example/team/my-app__x.y:1.2-rc_1", True),
        ("app", True),
        ("[::1]:5000/app:latest", True),
        ("127.0.0.1:5000/App:1", False),
        ("https://registry.example/app:1", False),
        ("registry.example/app:", False),
        ("registry.example/app:1 ", False),
        ("registry.example/app:é", False),
        ("registry.example//app", False),
        ("registry.example/app@sha256:" + "a" * 64, False),
    ],
)
def test_where_an_image_can_be_published(address: str, fits: bool) -> None:
    if fits:
        publishing.refuse_malformed(address)
    else:
        with pytest.raises(SetupError, match="expected REGISTRY/NAME:TAG"):
            publishing.refuse_malformed(address)


@pytest.mark.parametrize("scored", [None, "sha256:b"])
def test_an_evaluation_of_another_image_is_not_published(scored: str | None) -> None:
    publishing.refuse_other_image(DIGEST, DIGEST)
    with pytest.raises(SetupError, match="evaluate again"):
        publishing.refuse_other_image(scored, DIGEST)


@pytest.mark.parametrize("text", ["", "{}", "[]", "1"])
def test_a_record_that_is_none_of_ours(text: str) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        publishing.fields(text, "smoke")


def test_what_the_benchmark_appends_is_a_function_of_the_module() -> None:
    path = inspect.getsourcefile(MlPipeline)
    assert path is not None
    *_, last = ast.parse(Path(path).read_text(encoding="utf-8") + engine.EMPTY).body
    assert isinstance(last, ast.ClassDef)
    assert (last.name, ast.unparse(last.body[-1]).splitlines()[1]) == (
        "MlPipeline",
        "async def empty(self, ws: dagger.Workspace) -> str:",
    )


def test_a_baseline_is_named_as_it_was_asked_for() -> None:
    """The engine names an image by the tag under which it met it first."""
    assert named("registry.example/app:2", "registry.example/app:1@sha256:ab") == "registry.example/app:2@sha256:ab"
    assert named("registry.example/app@sha256:ab", "registry.example/app@sha256:ab") == "registry.example/app@sha256:ab"
