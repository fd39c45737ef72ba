"""Finding and reading files: what is valid, and what is one clear sentence."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from ml_steps.data import files
from ml_steps.data.places import locate
from ml_steps.data.session import open_session
from ml_steps.data.source import open_source
from ml_steps.data.validate import validate
from ml_steps.errors import SetupError
from ml_steps.project import parse_project
from tests.unit.data.conftest import NOW, Case


def refused(path: Path) -> str:
    """Return the message with which reading the whole file is refused."""
    with pytest.raises(SetupError) as caught:
        read(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def read(path: Path) -> list[tuple[object, ...]]:
    source = open_source("t", path)
    with open_session([source]) as session:
        session.lock()
        return session.rows("SELECT * FROM _raw.t")


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_names_with_spaces_brackets_and_letters_and_links(tmp_path: Path) -> None:
    real = write(tmp_path, "größe [1] 'a' ü.csv", b"a,b\n1,2\n")
    link = tmp_path / "train.csv"
    link.symlink_to(real.name)
    assert files.find(tmp_path, "train.*") == link
    assert files.find(tmp_path, real.name) == real
    assert read(link) == read(real) == [("1", "2")]


def test_a_glob_passes_over_what_is_no_data(tmp_path: Path) -> None:
    for name in ("train.csv.dvc", "train.md", "train.CSV"):
        write(tmp_path, name, b"a\n1\n")
    assert files.find(tmp_path, "train.*").name == "train.CSV"


@pytest.mark.parametrize(
    ("names", "pattern", "words"),
    [
        ([], "train.*", ["no file matches train.*", "holds nothing", "[tool.ml-pipeline.data]", "--data"]),
        (["other.csv"], "train.*", ["no file matches", "holds other.csv"]),
        (["train.csv", "train.parquet"], "train.*", ["2 files match", "train.csv, train.parquet"]),
        (["train.xlsx"], "train.*", ["train.xlsx is in none of the formats", ".parquet"]),
        (["train.csv"], "../train.csv", ["leads out of the data folder"]),
        (["train.csv"], "", ["''", "no file name or glob"]),
    ],
)
def test_nothing_or_too_much_is_found(tmp_path: Path, names: list[str], pattern: str, words: list[str]) -> None:
    for name in names:
        write(tmp_path, name, b"a\n1\n")
    with pytest.raises(SetupError) as caught:
        files.find(tmp_path, pattern)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_missing_folder_an_empty_file_and_a_broken_link(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match=r"does not exist.*--data"):
        files.find(tmp_path / "data", "train.*")
    write(tmp_path, "train.csv", b"")
    with pytest.raises(SetupError, match="is empty"):
        files.find(tmp_path, "train.*")
    (tmp_path / "holdout.csv").symlink_to("nowhere.csv")
    with pytest.raises(SetupError, match="leads nowhere"):
        files.find(tmp_path, "holdout.*")


VALID = {
    "BOM": b"\xef\xbb\xbfa,b\n1,2\n",
    "CRLF": b"a,b\r\n1,2\r\n",
    "no final line end": b"a,b\n1,2",
    "quoted header": b'"a","b"\n1,2\n',
    "blank lines": b"a,b\n\n1,2\n\n",
}


@pytest.mark.parametrize("name", VALID)
def test_valid_csv(tmp_path: Path, name: str) -> None:
    assert read(write(tmp_path, "t.csv", VALID[name])) == [("1", "2")]


def test_blank_lines_are_values_where_there_is_one_column(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", b"a\n1\n\n2\n")
    assert read(path) == [("1",), (None,), ("2",)]
    assert locate(open_source("t", path), [1, 2]) == {1: "t.csv:3", 2: "t.csv:4"}


def test_quotes_line_ends_and_emoji_inside_values(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", 'a,b\n"x\r\ny","say ""hi"", ok"\n"🤦🏼‍♂️",\n'.encode())
    assert read(path) == [("x\r\ny", 'say "hi", ok'), ("🤦🏼‍♂️", None)]


BROKEN = {
    "short row": (b"a,b\n1,2\n3\n", "t.csv:3: the row has 1 values; expected 2"),
    "long row": (b"a,b\n1,2\n3,4,5\n", "t.csv:3: the row has 3 values; expected 2"),
    "a comma at the end of one row": (b"a,b\n1,2\n3,4,\n5,6\n", "t.csv:3: the row has 3 values"),
    "a comma at the end of the file": (b"a,b\n1,2\n3,4,", "t.csv:3: the row has 3 values"),
    "not UTF-8": (b"a,b\n1,2\n\xe9,4\n", "t.csv:3: byte 1 (0xe9) is not UTF-8"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "t.csv:1: the file is UTF-16"),
    "NUL": (b"a,b\n1,2\n3\0,4\n", "t.csv:3: the line holds a NUL byte"),
    "open quote": (b'a,b\n1,2\n"3,4\n5,6\n', "t.csv:3: a quoted value that begins here does not end"),
    "text after a quote": (b'a,b\n1,2\n"3"x,4\n', "t.csv:3: text follows a closing quote"),
    "mixed line ends": (b"a,b\n1,2\n3,4\r\n5,6\n", "t.csv:3: this line ends in CRLF, the first in LF"),
    "CR alone": (b"a,b\r1,2\r", "t.csv:1: lines end in CR alone"),
    "blank first line": (b"\na,b\n1,2\n", "t.csv:1: the header is missing"),
    "name missing": (b"a,,c\n1,2,3\n", "t.csv:1: column 2 of 3 has no name"),
    "name twice": (b"a,b,A\n1,2,3\n", "t.csv:1: the column 'A' is there twice"),
    "semicolons": (b"a;b\n1;2\n", "t.csv:1: the header is separated by ';'"),
    "long value": (b'a,b\n"' + b"x\n" * 1_100_000 + b'",1\n', "t.csv:2: a value is longer than 2,000,000 bytes"),
    "long line": (b"a,b\n" + b"x" * 2_100_000 + b",1\n", "t.csv:2: the line is longer than 2,000,000 bytes"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_csv(tmp_path: Path, name: str) -> None:
    content, expected = BROKEN[name]
    assert refused(write(tmp_path, "t.csv", content)).startswith(expected)


def test_broken_gzip(tmp_path: Path) -> None:
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 1000)
    assert "broken or cut off" in refused(write(tmp_path, "t.csv.gz", whole[:-12]))
    assert "broken or cut off" in refused(write(tmp_path, "u.csv.gz", b"a,b\n1,2\n"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a":1}\n{"a":\n', "t.jsonl:2: not valid JSON"),
        (b'{"a":1}\n[1]\n', "t.jsonl:2: the line is no JSON object"),
        (b'{"a":1}\n{"a":NaN}\n', "t.jsonl:2: not valid JSON"),
        (b'{"a":1,"a":2}\n', "t.jsonl:1: not valid JSON (a key is there twice)"),
        (b'{"a":"\xe9"}\n', "t.jsonl:1: the line is not UTF-8"),
        (b'{"a":1,"A":2}\n', "t.jsonl: two keys are the same"),
    ],
)
def test_broken_jsonl(tmp_path: Path, content: bytes, expected: str) -> None:
    assert refused(write(tmp_path, "t.jsonl", content)).startswith(expected)


def test_broken_parquet(tmp_path: Path) -> None:
    whole = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT range AS a FROM range(1000)) TO '{whole}' (FORMAT parquet)")
    assert "cannot be read" in refused(write(tmp_path, "cut.parquet", whole.read_bytes()[:-20]))
    assert "cannot be read" in refused(write(tmp_path, "text.parquet", b"a,b\n1,2\n"))


@pytest.mark.parametrize("contract", [True, False])
def test_a_missing_header_is_told_from_a_missing_column(case: Case, contract: bool) -> None:
    case.write()
    path = case.data / "train.csv"
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(SetupError, match=r"train\.csv:1: the header is missing: line 1 looks like data"):
        validate(case.data, case.path if contract else None, parse_project("", frozenset({"src"})), now=NOW)


def test_lines_are_counted_over_quoted_line_ends_and_blank_lines(case: Case) -> None:
    case.train[1]["text"] = "two\nlines"
    case.train[4]["text"] = "abcd"
    case.write()
    path = case.data / "train.csv"
    path.write_text(path.read_text().replace("train text number 2", "\ntrain text number 2"), encoding="utf-8")
    evidence = validate(case.data, case.path, case.project, now=NOW)
    (place,) = evidence.checks[0].places
    line = int(place.removeprefix("train.csv:").split()[0])
    assert path.read_text().splitlines()[line - 1].startswith("abcd")


def test_finding_a_file_imports_nothing_heavy() -> None:
    heavy = "('sklearn', 'jinja2', 'duckdb', 'dagger')"
    code = f"import sys, ml_steps.data.files; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
