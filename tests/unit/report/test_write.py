from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from ml_steps.errors import SetupError
from ml_steps.evidence import Check, Evidence, State
from ml_steps.report.junit import junit
from ml_steps.report.load import AnyEvidence
from ml_steps.report.write import write

from . import examples


def parsed(text: str) -> ET.Element:
    return ET.fromstring(text)  # noqa: S314 - our own


def test_junit_counts_and_places_every_state() -> None:
    root = parsed(junit(examples.gate(failing=True)))
    suite = root[0]
    assert (root.tag, suite.tag) == ("testsuites", "testsuite")
    counts = [suite.get(name) for name in ("name", "tests", "failures", "errors", "skipped", "time")]
    assert counts == ["gate", "4", "1", "0", "1", "0.310"]
    kinds = {case.get("name"): [child.tag for child in case] for case in suite}
    assert kinds == {
        "accuracy (accuracy)": [],
        "f1_macro_floor (f1_macro)": ["failure"],
        "amazon_slice (f1_macro, source=amazon)": ["system-out"],
        "image_size (image_bytes)": ["skipped"],
    }
    failure = suite.find(".//failure")
    assert failure is not None
    assert "0.612 [0.583, 0.639], n=1200; expected >= 0.64" in failure.get("message", "")


@pytest.mark.parametrize(
    ("state", "tag"), [(State.FAIL, "failure"), (State.INSUFFICIENT, "failure"), (State.ERROR, "error")]
)
@pytest.mark.parametrize("checks", [[], [Check(id="fine", state=State.PASS)]])
def test_a_failed_stage_is_never_green_in_junit(state: State, tag: str, checks: list[Check]) -> None:
    root = parsed(junit(Evidence(stage="train", state=state, headline="no model", checks=checks)))
    assert len(root.findall(f".//{tag}")) == 1


def test_a_stage_without_checks_is_a_case_in_junit_and_one_with_some_is_none() -> None:
    for checks, names in (([], ["train"]), ([Check(id="fine", state=State.PASS)], ["fine"])):
        root = parsed(junit(Evidence(stage="train", state=State.PASS, headline="a model", checks=checks)))
        assert [case.get("name") for case in root.iter("testcase")] == names


def test_junit_holds_what_xml_cannot() -> None:
    checks = [Check(id="a\x00b\x1b\ufffe", state=State.FAIL, subject="<&>\ud800")]
    case = parsed(junit(Evidence(stage="lint", state=State.FAIL, headline="", checks=checks)))[0][0]
    assert case.get("name") == "a\\x00b\\x1b\ufffd (<&>\\ud800)"


def test_write_leaves_every_form_and_the_json_is_canonical(tmp_path: Path) -> None:
    out = tmp_path / "größe of it" / "lint"
    write(examples.lint(3), "lint", out)
    write(examples.lint(3), "lint", out)
    assert sorted(path.name for path in out.iterdir()) == ["junit.xml", "lint.html", "lint.json", "lint.md"]
    assert (out / "lint.json").read_text("utf-8") == examples.lint(3).to_json()


def test_a_test_runners_junit_is_kept_and_an_older_one_of_ours_is_not(tmp_path: Path) -> None:
    theirs = '<?xml version="1.0"?><testsuites name="pytest tests"></testsuites>'
    (tmp_path / "junit.xml").write_text(theirs, "utf-8")
    write(examples.lint(3), "lint", tmp_path)
    assert (tmp_path / "junit.xml").read_text("utf-8") == theirs
    (tmp_path / "junit.xml").unlink()
    write(examples.lint(3), "lint", tmp_path)
    write(examples.lint(), "lint", tmp_path)
    assert (tmp_path / "junit.xml").read_text("utf-8") == junit(examples.lint())


def test_a_failed_write_leaves_no_json_of_an_earlier_run(tmp_path: Path) -> None:
    write(examples.lint(), "lint", tmp_path)
    (tmp_path / "lint.html").unlink()
    (tmp_path / "lint.html").mkdir()
    with pytest.raises(SetupError, match=r"lint\.html: the evidence of lint cannot be written there"):
        write(examples.lint(3), "lint", tmp_path)
    assert not (tmp_path / "lint.json").exists()


def test_a_file_in_the_way_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("", "utf-8")
    with pytest.raises(SetupError, match="--out"):
        write(examples.lint(), "lint", tmp_path / "out")


def test_any_evidence_passes_over_what_only_a_stage_knows(tmp_path: Path) -> None:
    record = json.loads(examples.lint().to_json()) | {"findings": [1, 2]}
    (tmp_path / "lint.json").write_text(json.dumps(record), "utf-8")
    assert AnyEvidence.load(tmp_path / "lint.json").headline == "no findings in 14 files"
    with pytest.raises(SetupError, match="missing"):
        AnyEvidence.load(tmp_path / "test.json")
    with pytest.raises(SetupError, match="cannot be read"):
        AnyEvidence.load(tmp_path)
