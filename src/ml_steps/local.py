"""Running the project's own commands on this machine: what a container does for the module."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection
from importlib import resources
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from ml_steps import installs, lockfile, shim_argv, stages
from ml_steps.errors import SetupError, error_of
from ml_steps.evidence import canonical
from ml_steps.model.manifest import manifest
from ml_steps.project import Project
from ml_steps.project_folder import read_project

FOLDER_VARIABLE = "ML_STEPS_WORKSHOP"
"""Commands of one run share their environments through the folder that this names."""
SECONDS_FILE = "seconds-elsewhere"
"""In that folder: the seconds of each command that is not ours, a line each."""


class Workshop:
    """A temporary folder with the project's environments, the shim, and copies of what each stage reads."""

    def __init__(self, source: Path) -> None:
        """Prepare for a project; nothing is made before it is needed."""
        self.source = source
        given = os.environ.get(FOLDER_VARIABLE)
        self._temporary = None if given else tempfile.TemporaryDirectory(prefix="ml-steps-")
        self._root = Path(given or self._temporary.name).resolve()  # type: ignore[union-attr]

    def __enter__(self) -> Self:
        """Use it in a with statement."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was made, unless the folder belongs to a whole run."""
        if self._temporary:
            self._temporary.cleanup()

    @property
    def project(self) -> Project:
        """The project, read anew."""
        return read_project(self.source)

    def folder(self, name: str) -> Path:
        """Return an empty folder."""
        path = self._root / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path

    def collect_lint(self) -> Path:
        """Run the linters; return where their reports lie."""
        out = self.folder("lint")
        return self._collect("lint", "dev", shim_argv.collect_lint(self.project, self._shim(), str(out)), out)

    def collect_test(self) -> Path:
        """Run the test suite; return where its report lies."""
        out = self.folder("test")
        return self._collect("test", "dev", shim_argv.collect_test(self.project, self._shim(), str(out)), out)

    def collect_train(self, data: Path, described: Path, epochs: int | None, smoke: bool) -> Path:
        """Run the training command on the training file alone; return where model and record lie."""
        out, given = self.folder("train"), described / "data"
        if not smoke:
            given = self.folder("train-data")
            for pattern in stages.train_reads(self.project):
                _copy(data, pattern, given)
        argv = shim_argv.collect_train(
            self.project, self._shim(), data=str(given), out=str(out), epochs=epochs, gpu=False
        )
        return self._collect("train", "train", argv, out)

    def collect_scores(self, model: Path, out: Path) -> None:
        """Score, time and serve with the serving environment; `out` holds rows.jsonl and gets the rest."""
        code, python = self._copy_of("build_image"), self._environment("serve")
        path = out.resolve() / "manifest.json"
        model_path = str(model.resolve())
        payload = manifest(self.project, model, python=str(python), workdir=str(code), model_path=model_path)
        path.write_text(canonical(payload), encoding="utf-8")
        rows, shim = str(out.resolve() / "rows.jsonl"), self._shim()
        shared = {"manifest": str(path), "rows": rows, "out": str(out.resolve())}
        argv = shim_argv.collect_scores(self.project, shim, serve=True, measure=True, **shared)
        image = self.project.config.image
        place = {"MODEL_DIR": model_path, "PORT": str(image.port)}  # as the image has them
        _call([str(python), *argv], code, image.env | place | self._variables(python, code))

    def _collect(self, stage: str, purpose: installs.Purpose, argv: list[str], out: Path) -> Path:
        python = self._environment(purpose)
        code = self._copy_of(stage)
        _call([str(python), *argv], code, self._variables(python, code))
        return out

    def _variables(self, python: Path, code: Path) -> dict[str, str]:
        return _activated(python) | installs.imports(self.project, str(code))

    def _copy_of(self, stage: str) -> Path:
        """Copy what a stage reads, so that it sees here what it would see in its container."""
        copy = self.folder(f"source-{stage}")
        left_out = {path for each in stages.never_seen(stage, self.project) for path in self.source.glob(each)}
        for pattern in stages.reads(stage, self.project):
            _copy(self.source, pattern, copy, left_out)
        return copy

    def _shim(self) -> str:
        folder = self._root / shim_argv.SHIM
        if not folder.exists():
            folder.mkdir(parents=True)
            for name, text in shim_argv.shim_files().items():
                (folder / name).write_text(text, encoding="utf-8")
        return str(folder)

    def _environment(self, purpose: installs.Purpose) -> Path:
        """Return the interpreter of an environment, made by uv with this machine's Python."""
        venv = self._root / f"venv-{purpose}"
        python = venv / "bin" / "python"
        done = venv / ".complete"
        if done.exists():
            return python
        plan = installs.install(self.project, purpose)
        for name in plan.files:
            if not (self.source / name).is_file():
                raise SetupError(
                    f"{name} is not there; [tool.ml-pipeline.dependencies] {purpose} of pyproject.toml names it; "
                    "add it, or correct the name."
                )
        if "uv.lock" in plan.files:
            lockfile.check(*((self.source / name).read_text("utf-8", "replace") for name in plan.files))
        _uv(["venv", "--quiet", "--clear", "--python", sys.executable, str(venv)])
        tools = self._tools(python) if purpose == "dev" else ""
        argv = plan.argv(self._shim(), out=str(self.folder(f"install-{purpose}")), tools=tools)
        _call([str(python), *argv], self.source, {**_activated(python), "PATH": _path_with_uv()})
        done.touch()
        return python

    def _tools(self, python: Path) -> str:
        """Install the module's linters and pytest into a folder of their own."""
        tools = self._root / "tools"
        with resources.as_file(resources.files("ml_steps") / "tools.txt") as lock:
            _uv(installs.install_tools(str(lock), str(tools), str(python)))
        return str(tools)


def _copy(source: Path, pattern: str, destination: Path, left_out: Collection[Path] = ()) -> None:
    def ignored(folder: str, names: list[str]) -> list[str]:
        return [name for name in names if name == "__pycache__" or Path(folder, name) in left_out]

    for path in sorted(set(source.glob(pattern)).difference(left_out)):
        target = destination / path.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.copytree(path, target, symlinks=True, dirs_exist_ok=True, ignore=ignored)
        else:
            shutil.copy2(path, target, follow_symlinks=True)


def _activated(python: Path) -> dict[str, str]:
    """Return what an activated environment sets, so that the project's commands find its programs first."""
    path = f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    return {"VIRTUAL_ENV": str(python.parent.parent), "PATH": path}


def _path_with_uv() -> str:
    return f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"


def _uv(arguments: list[str]) -> None:
    uv = shutil.which("uv", path=_path_with_uv())
    if uv is None:
        raise SetupError("uv is not found; expected it beside this Python or on PATH; `pip install uv`.")
    result = _timed([uv, *arguments], stdout=subprocess.PIPE)
    if result.returncode != 0:
        raise SetupError(
            f"`uv {' '.join(arguments[:2])}` failed: {' '.join(result.stderr.split())[-600:].rstrip('.')}; expected a "
            "package index that can be reached; check the network and UV_DEFAULT_INDEX, and try again."
        )


def _timed(argv: list[str], **how: Any) -> subprocess.CompletedProcess[str]:
    """Run a command that is not ours; a whole run adds up the seconds of these."""
    started = time.monotonic()
    with subprocess.Popen(argv, stderr=subprocess.PIPE, encoding="utf-8", errors="replace", **how) as process:
        try:
            stdout, stderr = process.communicate()
        except BaseException:
            process.terminate()  # not kill: the shim ends what it started
            process.wait()
            raise
    result = subprocess.CompletedProcess(argv, process.returncode, stdout, stderr)
    if FOLDER_VARIABLE in os.environ:
        with (Path(os.environ[FOLDER_VARIABLE]) / SECONDS_FILE).open("a", encoding="utf-8") as file:
            file.write(f"{time.monotonic() - started:.3f}\n")
    return result


def _call(argv: list[str], folder: Path, variables: dict[str, str]) -> None:
    """Run the shim, without this shell's PYTHONPATH, which a container has not either; its sentence becomes ours."""
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = _timed(argv, cwd=folder, env=inherited | variables, stdout=sys.stderr)
    if result.returncode == 0:
        return
    lines = result.stderr.strip().splitlines()
    said = [line.removeprefix("ml-pipeline: ") for line in lines if line.startswith("ml-pipeline: ")]
    last = lines[-1] if lines else "it said nothing"
    sentence = said[-1] if said else f"`{argv[2]}` ended with {result.returncode} in {folder} ({last}); try again."
    raise error_of(result.returncode)(sentence)
