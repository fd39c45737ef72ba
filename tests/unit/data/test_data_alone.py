"""Data that belong to no project: a folder and a contract are enough."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ml_steps import cli

CONTRACT = """\
apiVersion: v3.1.0
kind: DataContract
id: orders
version: 1.0.0
status: active
schema:
  - name: orders
    physicalName: orders.csv
    properties:
      - {name: id, logicalType: integer, required: true, unique: true}
      - {name: amount, logicalType: integer, logicalTypeOptions: {minimum: 1}}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "orders.yaml").write_text(CONTRACT)
    (tmp_path / "in").mkdir()
    write(tmp_path, 1)
    return tmp_path


def write(folder: Path, last: int, rows: int = 2_000) -> None:
    lines = [f"{index},{1 + index % 50}" for index in range(rows)]
    (folder / "in/orders.csv").write_text("\n".join(["id,amount", *lines, f"{rows},{last}"]) + "\n")


def validate(*more: str) -> int:
    return cli.main(["validate", "--data", "in", "--contract", "orders.yaml", "--out", "out", *more])


def found() -> dict[str, Any]:
    evidence: dict[str, Any] = json.loads(Path("out/data.json").read_text())
    return evidence


def test_data_and_a_contract_need_no_project(folder: Path) -> None:
    assert validate() == 0
    assert found()["headline"] == "2,001 rows, 7 checks, no project"
    assert "holdout digest" not in found()["facts"]


def test_a_broken_rule_fails(folder: Path) -> None:
    write(folder, 0)
    assert validate() == 10
    assert found()["headline"] == "1 of 7 checks failed: orders.amount.minimum"


def test_it_is_compared_with_the_profile_of_an_earlier_run(folder: Path) -> None:
    assert validate() == 0
    (folder / "out").rename(folder / "before")
    (folder / "in/orders.csv").write_text("id,amount\n" + "".join(f"{index},{index}\n" for index in range(1, 2_000)))
    assert validate("--reference", "before") == 0
    states = {check["id"]: check["state"] for check in found()["checks"]}
    assert states["orders.amount.drift"] == "WARN"


def test_a_project_that_is_named_must_be_one(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert validate("--source", "in") == 11
    assert "This folder is no project" in capsys.readouterr().err


@pytest.mark.parametrize("given", [["--data", "in"], ["--contract", "orders.yaml"]])
def test_one_of_both_is_not_enough(folder: Path, given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["validate", *given, "--out", "out"]) == 11
    assert "This folder is no project" in capsys.readouterr().err


def test_below_a_project_it_has_to_be_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pyproject.toml").touch()
    (folder / "scripts").mkdir()
    monkeypatch.chdir(folder / "scripts")
    assert cli.main(["validate", "--data", "../in", "--contract", "../orders.yaml", "--out", "out"]) == 11
    assert "This folder is no project" in capsys.readouterr().err


def test_in_a_project_its_files_are_judged_as_well(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pyproject.toml").touch()
    assert validate() == 11
    assert "no file matches train.*" in capsys.readouterr().err
