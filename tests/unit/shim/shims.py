"""Running the shim as an environment does: `python FOLDER COMMAND …`, from files, in the project's folder."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_steps import shim_argv

PREDICT = """\
def load(model_dir):
    def predict(rows):
        return [len(row["text"]) % 2 for row in rows]
    return predict
"""


@dataclass(frozen=True)
class Ran:
    """How a command of the shim ended, and what it left."""

    exit_code: int
    stdout: str
    stderr: str
    out: Path

    def sentence(self) -> str:
        """Return the one sentence that it must have said on stderr, and nothing else there."""
        assert "Traceback" not in self.stderr
        [line] = self.stderr.splitlines()
        assert line.startswith("ml-pipeline: ")
        assert line.endswith(".")
        return line

    def record(self, name: str) -> Any:
        """Read a record."""
        return json.loads((self.out / name).read_text(encoding="utf-8"))

    def left(self) -> set[str]:
        """Return the names of what lies in the output folder."""
        return {path.name for path in self.out.iterdir()} if self.out.exists() else set()


class Shim:
    """The shim's files in a folder, and a project beside it."""

    def __init__(self, root: Path) -> None:
        self.folder = root / shim_argv.SHIM
        self.folder.mkdir(parents=True)
        for name, text in shim_argv.shim_files().items():
            (self.folder / name).write_text(text, encoding="utf-8")
        self.project = root / "project"
        self.project.mkdir()
        self.out = root / "out"

    def write(self, files: dict[str, str]) -> None:
        """Write files of the project."""
        for name, text in files.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="")

    def run(
        self, command: str, *arguments: str, python: str = sys.executable, variables: dict[str, str] | None = None
    ) -> Ran:
        """Run a command of the shim in the project's folder."""
        argv = [python, str(self.folder), command, "--out", str(self.out), *arguments]
        result = subprocess.run(
            argv,
            cwd=self.project,
            env={**os.environ, **(variables or {})},
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=90,
        )
        return Ran(result.returncode, result.stdout, result.stderr, self.out)

    @contextmanager
    def timing_service(
        self, text: str, python: str = sys.executable, variables: dict[str, str] | None = None, rows: int = 5
    ) -> Iterator[str]:
        """Run a timing service of a predictor; give HOST:PORT once it listens, and end it afterwards."""
        self.write({"src/predict.py": text})
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        argv = [python, str(self.folder), "measure-service", "--out", str(self.out), "--port", str(port)]
        argv += ["--manifest", str(self.manifest()), "--rows", str(self.rows(rows))]
        with (self.folder.parent / "service.txt").open("wb") as said:
            process = subprocess.Popen(
                argv, cwd=self.project, env={**os.environ, **(variables or {})}, stdout=said, stderr=said
            )
        try:
            while not _listens(port):
                assert process.poll() is None, self.said()
                time.sleep(0.02)
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()

    def said(self) -> str:
        """Return what the timing service printed."""
        return (self.folder.parent / "service.txt").read_text(encoding="utf-8")

    def rows(self, count: int = 5) -> Path:
        """Write rows as the toolkit does."""
        path = self.project.parent / "rows.jsonl"
        lines = [json.dumps({"text": "x" * number}) + "\n" for number in range(count)]
        path.write_text("".join(lines), encoding="utf-8")
        return path

    def manifest(self, **changes: Any) -> Path:
        """Write the manifest of a model of two classes."""
        path = self.project.parent / "model.json"
        payload = {
            "protocol": 1,
            "workdir": str(self.project),
            "model_path": str(self.project / "model"),
            "predictor": "src.predict:load",
            "classes": [0, 1],
            **changes,
        }
        path.write_text(json.dumps(payload), encoding="utf-8")
        return path

    def predictor(self, command: str, text: str | None, *arguments: str, **changes: Any) -> Ran:
        """Run score or measure with a predictor of the given text; None: there is none."""
        if text is not None:
            self.write({"src/predict.py": text})
        rows = str(self.rows())
        return self.run(command, "--manifest", str(self.manifest(**changes)), "--rows", rows, *arguments)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
