"""The record of a training run, and the manifest that is made from it."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from ml_steps.errors import FailedError, SetupError
from ml_steps.model.manifest import manifest
from ml_steps.model.training import TrainingEvidence, file_digests, judge, model_digest
from ml_steps.project import parse_project

PROJECT = parse_project(None, frozenset({"src"}))


@pytest.fixture
def collected(tmp_path: Path) -> Path:
    """Return what the shim leaves after training: a record and a model of two files."""
    folder = tmp_path / "collected"
    (folder / "model" / "deep").mkdir(parents=True)
    (folder / "model" / "weights.bin").write_bytes(b"12")
    (folder / "model" / "deep" / "ä b.json").write_text("{}")
    record = {
        "command": "train", "argv": ["python", "-m", "src.train"], "seconds": 1.23456, "tail": ["loss 0.5"],
        "python": "3.12.1", "libraries": {"numpy": "2.0"}, "device": "cpu",
    }  # fmt: skip
    (folder / "collected.json").write_text(json.dumps(record))
    return folder


@pytest.fixture
def described(tmp_path: Path) -> Path:
    """Return the toolkit's description of the training file."""
    folder = tmp_path / "described"
    folder.mkdir()
    facts = {
        "schema_version": 1, "file": "train.csv", "rows": 1200, "input_columns": ["text"], "classes": [0, 1],
        "target": "label", "task": "classification", "sha256": "f" * 64,
    }  # fmt: skip
    (folder / "training-data.json").write_text(json.dumps(facts))
    (folder / "profile.json").write_text("{}")
    return folder


def trained(collected: Path, described: Path, out: Path, **changes: Any) -> TrainingEvidence:
    """Judge and write the record beside the model, as `ml-steps train` does."""
    evidence = judge(collected, described, out, **{"epochs": 3, "smoke": False, **changes})
    (out / "training.json").write_text(evidence.to_json(), encoding="utf-8")
    return evidence


def test_the_record_says_what_went_in_what_ran_and_what_came_out(
    collected: Path, described: Path, tmp_path: Path
) -> None:
    evidence = trained(collected, described, tmp_path / "out")
    assert evidence.headline == "3 epochs on 1,200 rows, cpu, 4 B"
    assert evidence.files == {
        "deep/ä b.json": hashlib.sha256(b"{}").hexdigest(),
        "weights.bin": hashlib.sha256(b"12").hexdigest(),
    }
    assert evidence.facts["model bytes"] == 4
    assert evidence.facts["numpy"] == "2.0"
    assert evidence.data.classes == [0, 1]
    assert evidence.log == ["loss 0.5"]
    assert evidence.seconds == 1.235
    assert TrainingEvidence.load(tmp_path / "out" / "training.json") == evidence
    assert (tmp_path / "out" / "profile.json").read_text() == "{}"


@pytest.mark.parametrize("name", ["training-data.json", "profile.json"])
def test_what_training_was_given_must_be_described(collected: Path, described: Path, tmp_path: Path, name: str) -> None:
    (described / name).unlink()
    with pytest.raises(SetupError, match=rf"{name} cannot be read .*; expected the folder that"):
        trained(collected, described, tmp_path / "out")


@pytest.mark.parametrize(("epochs", "start"), [(1, "1 epoch on 1,200"), (None, "1,200 rows")])
def test_headline(collected: Path, described: Path, tmp_path: Path, epochs: int | None, start: str) -> None:
    assert trained(collected, described, tmp_path / "out", epochs=epochs).headline.startswith(start)


def test_a_model_of_empty_files_is_none(collected: Path, described: Path, tmp_path: Path) -> None:
    for path in (collected / "model").rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    with pytest.raises(FailedError, match="every file of the model is empty"):
        trained(collected, described, tmp_path / "out")


def test_a_name_that_no_record_can_hold_is_refused(collected: Path, described: Path, tmp_path: Path) -> None:
    (collected / "model" / os.fsdecode(b"a\xff")).write_bytes(b"1")
    with pytest.raises(FailedError, match="expected a name in UTF-8"):
        trained(collected, described, tmp_path / "out")


def test_the_digest_depends_on_names_and_contents_only(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "w").write_bytes(b"1")
    os.utime(tmp_path / "one" / "w", (1, 1))
    first = model_digest(file_digests(tmp_path / "one"))
    assert first == model_digest(file_digests(tmp_path / "two"))
    line = f"{hashlib.sha256(b'1').hexdigest()}  w\n".encode()
    assert first == "sha256:" + hashlib.sha256(line).hexdigest()
    (tmp_path / "two" / "w").rename(tmp_path / "two" / "v")
    assert first != model_digest(file_digests(tmp_path / "two"))
    assert model_digest({"b": "1", "a": "2"}) == model_digest({"a": "2", "b": "1"})


def test_links_of_a_model_become_the_files_they_lead_to(collected: Path, described: Path, tmp_path: Path) -> None:
    (collected / "model" / "best").symlink_to("deep")
    (collected / "model" / "latest.bin").symlink_to("weights.bin")
    out = tmp_path / "out"
    evidence = trained(collected, described, out)
    assert set(evidence.files) == {"weights.bin", "latest.bin", "deep/ä b.json", "best/ä b.json"}
    assert manifest(PROJECT, out, python="p", workdir="w", model_path="m")["model_digest"] == evidence.model_digest


@pytest.mark.parametrize("target", ["gone", "."])
def test_a_link_that_leads_nowhere_or_round_fails(
    collected: Path, described: Path, tmp_path: Path, target: str
) -> None:
    (collected / "model" / "link").symlink_to(target)
    with pytest.raises(FailedError, match="the model's folder cannot be copied"):
        trained(collected, described, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_earlier_model_is_not_mixed_in(collected: Path, described: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old.bin").write_text("x")
    assert "old.bin" not in trained(collected, described, tmp_path / "out").files
    assert not (tmp_path / "out" / "old.bin").exists()


@pytest.mark.parametrize("name", ["training.json", "profile.json"])
def test_a_model_must_not_bring_files_of_our_names(collected: Path, described: Path, tmp_path: Path, name: str) -> None:
    (collected / "model" / name).write_text("{}")
    with pytest.raises(FailedError, match=f"a file of its own named {name}"):
        trained(collected, described, tmp_path / "out")


def test_the_manifest_says_how_the_model_is_scored(collected: Path, described: Path, tmp_path: Path) -> None:
    evidence = trained(collected, described, tmp_path / "out", smoke=True)
    assert manifest(PROJECT, tmp_path / "out", python="/venv/bin/python", workdir="/app", model_path="/model") == {
        "protocol": 1,
        "python": "/venv/bin/python",
        "workdir": "/app",
        "model_path": "/model",
        "predictor": "src.predict:load",
        "task": "classification",
        "target": "label",
        "input_columns": ["text"],
        "classes": [0, 1],
        "model_digest": evidence.model_digest,
        "smoke": True,
        "server": {"command": ["python", "-m", "src.serve"], "port": 8000, "health": "/health", "env": {}},
    }


def remove(out: Path) -> None:
    (out / "weights.bin").unlink()


def alter(out: Path) -> None:
    (out / "weights.bin").write_bytes(b"13")


def add(out: Path) -> None:
    (out / "deep" / "more").write_text("x")


def forget(out: Path) -> None:
    (out / "training.json").unlink()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (remove, r"model: weights\.bin is missing; training\.json names it; export the whole folder"),
        (alter, r"model: weights\.bin has sha256 3fdba35f04dc…, training\.json says 6b51d431df5d…; .*train again"),
        (add, r"model: deep/more is not named in training\.json; it was added after training; take it out"),
        (forget, r"model: training\.json is missing; expected the folder that train returned"),
    ],
)
def test_a_model_that_is_not_what_was_trained(
    collected: Path, described: Path, tmp_path: Path, change: Any, said: str
) -> None:
    trained(collected, described, tmp_path / "out")
    change(tmp_path / "out")
    with pytest.raises(SetupError, match=said):
        manifest(PROJECT, tmp_path / "out", python="p", workdir="w", model_path="m")
