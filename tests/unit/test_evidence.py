"""Evidence keeps its shape: what cannot be drawn or read back is refused where it is made."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from ml_steps.errors import SetupError
from ml_steps.evidence import Bars, Evidence, Histogram, Matrix, Pairs, State, Table, canonical, worst


def test_bars_without_a_label_each_are_refused() -> None:
    with pytest.raises(ValidationError, match="one label for each value"):
        Bars(title="t", labels=["a", "b"], values=[1])


def test_pairs_without_a_label_each_are_refused() -> None:
    with pytest.raises(ValidationError, match="one label for each two values"):
        Pairs(title="t", series=("then", "now"), labels=[], values=[(1, 2)])


def test_a_histogram_with_a_missing_edge_is_refused() -> None:
    with pytest.raises(ValidationError, match="one edge more than counts"):
        Histogram(title="t", edges=[0, 1], counts=[1, 2])


@pytest.mark.parametrize("counts", [[[1, 2]], [[1], [2]], [[1, 2], [3]]])
def test_a_matrix_of_another_shape_is_refused(counts: list[list[int]]) -> None:
    with pytest.raises(ValidationError, match="a count for each row and column"):
        Matrix(title="t", rows=["a", "b"], columns=["x", "y"], counts=counts)


def test_a_table_with_a_missing_cell_is_refused() -> None:
    with pytest.raises(ValidationError, match="one cell in each row for each column"):
        Table(title="t", head=["a", "b"], rows=[["x", 1], ["y"]])


def test_nan_is_refused() -> None:
    with pytest.raises(ValidationError, match="finite"):
        Bars(title="t", labels=["a"], values=[float("nan")])


@pytest.mark.parametrize(
    ("state", "code"),
    [(State.PASS, 0), (State.WARN, 0), (State.FAIL, 10), (State.INSUFFICIENT, 10), (State.ERROR, 11)],
)
def test_exit_codes(state: State, code: int) -> None:
    assert Evidence(stage="lint", state=state, headline="").exit_code() == code


def test_the_worst_state_decides() -> None:
    assert worst([State.PASS, State.FAIL, State.WARN]) is State.FAIL
    assert worst([State.FAIL, State.ERROR]) is State.ERROR
    assert worst([]) is State.SKIP


def test_json_is_canonical_and_is_read_back(tmp_path: Path) -> None:
    evidence = Evidence(stage="lint", state=State.PASS, headline="größer", facts={"b": 1, "a": 2})
    path = tmp_path / "lint.json"
    path.write_text(evidence.to_json(), encoding="utf-8")
    assert path.read_text(encoding="utf-8").index('"a"') < path.read_text(encoding="utf-8").index('"b"')
    assert "größer" in path.read_text(encoding="utf-8")
    assert Evidence.load(path) == evidence


@pytest.mark.parametrize("text", ["", "{}", '{"schema_version": 2}', "[]"])
def test_what_is_no_evidence_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "lint.json"
    path.write_text(text)
    with pytest.raises(SetupError, match=r"lint.json: .*is not valid evidence"):
        Evidence.load(path)


def test_missing_evidence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="is missing"):
        Evidence.load(tmp_path / "lint.json")


def test_canonical() -> None:
    assert canonical({"b": 1, "a": "ä"}) == '{\n  "a": "ä",\n  "b": 1\n}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"a": float("nan")})
