"""Training: the same bytes twice, every option, and one clear sentence for bad input."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from src import model, train
from tests.conftest import small_rows, write_training

COLUMNS = ["text", "label", "timestamp"]


def run(data: Path, output: Path, *more: str) -> int:
    return train.main(["--data", str(data), "--output", str(output), *more])


def test_two_runs_give_the_same_bytes(small_data: Path, tmp_path: Path) -> None:
    # One in a process of its own, at the same time: neither state nor string hashes may matter.
    command = [sys.executable, "-m", "src.train", "--epochs", "3"]
    options = ["--data", str(small_data), "--output", str(tmp_path / "two")]
    with subprocess.Popen([*command, *options]) as other:  # noqa: S603
        assert run(small_data, tmp_path / "one", "--epochs", "3") == 0
    assert other.returncode == 0
    for file in (model.WEIGHTS_FILE, model.CONFIG_FILE):
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_more_epochs_fit_better(
    small_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    losses = []
    for epochs in ("1", "10"):
        assert run(small_data, tmp_path / epochs, "--epochs", epochs) == 0
        printed = dict(line.split(": ", 1) for line in capsys.readouterr().out.splitlines())
        assert printed["rows"] == "30"
        assert printed["epochs"] == f"{epochs} on cpu"
        losses.append(float(printed["training loss"]))
    assert losses[1] < losses[0]


def test_artifact_has_the_documented_shapes_and_is_readable_by_others(model_dir: Path) -> None:
    loaded = model.load(model_dir)
    assert loaded.weights.shape == (loaded.config.buckets, 3)
    assert {loaded.weights.dtype, loaded.bias.dtype, loaded.scale.dtype} == {np.dtype(np.float32)}
    # The pipeline trains and serves as different users.
    config_mode = (model_dir / model.CONFIG_FILE).stat().st_mode
    assert (model_dir / model.WEIGHTS_FILE).stat().st_mode == config_mode


def changed(**values: object) -> list[dict[str, object]]:
    """The small rows, the fourth with other values."""
    rows = small_rows()
    rows[3] |= values
    return rows


@pytest.mark.parametrize(
    ("rows", "columns", "sentence"),
    [
        ([], COLUMNS, "has no rows"),
        ([{"text": "a"}], ["text"], "has no column 'label'"),
        ([{"label": 1}], ["label"], "has no column 'text'"),
        ([row for row in small_rows() if row["label"] == 0], COLUMNS, "no row of class 1"),
        (changed(label=3), COLUMNS, "line 5: label '3' is not one of 0, 1, 2"),
        (changed(label=""), COLUMNS, "line 5: label '' is not one of 0, 1, 2"),
        (changed(text="  "), COLUMNS, "line 5: the text is empty"),
    ],
)
def test_bad_rows_exit_2_with_one_sentence(
    rows: list[dict[str, object]],
    columns: list[str],
    sentence: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    data = write_training(tmp_path / "data", rows, columns)
    assert run(data, tmp_path / "model") == 2
    assert_one_sentence(capsys, sentence)
    assert not (tmp_path / "model").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "does not exist"), (b"", "has no column 'text'"), (b"\xff\xfe\x00", "not a UTF-8 CSV")],
)
def test_bad_files_exit_2_with_one_sentence(
    content: bytes | None, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if content is not None:
        (tmp_path / "train.csv").write_bytes(content)
    assert run(tmp_path, tmp_path / "model") == 2
    assert_one_sentence(capsys, sentence)


def test_cuda_where_there_is_none_exits_2(
    small_data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if cuda_here():
        pytest.skip("a CUDA device is here")
    assert run(small_data, tmp_path / "model", "--device", "cuda") == 2
    assert_one_sentence(capsys, "--device cuda")
    assert not (tmp_path / "model").exists()


def test_epochs_must_be_positive(small_data: Path, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="2"):
        run(small_data, tmp_path, "--epochs", "0")


def assert_one_sentence(capsys: pytest.CaptureFixture[str], sentence: str) -> None:
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("error: ")
    assert sentence in lines[0]


def cuda_here() -> bool:
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())
