"""Finding and reading files: what is valid, and what is one clear sentence."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from ml_steps.data import files, session
from ml_steps.data.places import locate
from ml_steps.data.session import open_session
from ml_steps.data.source import first_line, open_source
from ml_steps.data.validate import validate
from ml_steps.data.zstandard import zstd
from ml_steps.errors import SetupError
from ml_steps.evidence import State
from ml_steps.project import parse_project
from tests.unit.data.conftest import NOW, Case
from tests.unit.data.conftest import write as write_rows


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


def read_found(found: files.Found) -> list[tuple[object, ...]]:
    with open_session([open_source("t", *found)]) as opened:
        return opened.rows("SELECT * FROM _raw.t")


def write(folder: Path, name: str, content: bytes) -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_names_with_spaces_brackets_and_letters_and_links(tmp_path: Path) -> None:
    real = write(tmp_path, "größe [1] 'a' ü.csv", b"a,b\n1,2\n")
    link = tmp_path / "train.csv"
    link.symlink_to(real.name)
    assert files.find(tmp_path, "train.*").path == link
    assert files.find(tmp_path, real.name).path == real
    assert read(link) == read(real) == [("1", "2")]


def test_a_glob_passes_over_what_is_no_data(tmp_path: Path) -> None:
    for name in ("train.csv.dvc", "train.md", "train.CSV"):
        write(tmp_path, name, b"a\n1\n")
    assert files.find(tmp_path, "train.*").path.name == "train.CSV"


@pytest.mark.parametrize(
    ("names", "pattern", "words"),
    [
        ([], "train.*", ["no file matches train.*", "holds nothing", "[tool.ml-pipeline.data]", "--data"]),
        (["other.csv"], "train.*", ["no file matches", "holds other.csv"]),
        (["train.csv", "train.parquet"], "train.*", ["2 files match", "train.csv, train.parquet"]),
        (["train.xlsx"], "train.*", ["train.xlsx is in none of the formats", ".parquet"]),
        (["train.csv.dvc"], "train.*", ["no file matches", "train.csv.dvc says where DVC keeps it", "`dvc pull`"]),
        (["train.csv.dvc", "x.dvc"], "train.csv", ["train.csv.dvc says where", "`dvc pull`"]),
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


@pytest.mark.parametrize("name", ["train.csv", "train.parquet", "train/part-1.jsonl"])
def test_what_git_lfs_leaves_where_it_did_not_run(tmp_path: Path, name: str) -> None:
    (tmp_path / "train").mkdir()
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 12345\n")
    if name != "train/part-1.jsonl":
        (tmp_path / "train").rmdir()
    with pytest.raises(SetupError, match=rf"{name}: this is Git LFS's pointer.*`git lfs pull`"):
        files.find(tmp_path, "train*" if "/" not in name else "train")


VALID = {
    "BOM": b"\xef\xbb\xbfa,b\n1,2\n",
    "CRLF": b"a,b\r\n1,2\r\n",
    "no final line end": b"a,b\n1,2",
    "quoted header": b'"a","b"\n1,2\n',
    "blank lines": b"a,b\n\n1,2\n\n",
    "quoted values": b'a,b\n"1","2"\n',
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


def test_an_empty_last_value_is_no_comma_too_many(tmp_path: Path) -> None:
    assert read(write(tmp_path, "t.csv", b"a,b\n1,\n3,4\n5,")) == [("1", None), ("3", "4"), ("5", None)]
    assert read(write(tmp_path, "t.csv", b'a,b\r\n"1,",\r\n3,""\r\n')) == [("1,", None), ("3", None)]


def test_a_packed_file_behind_a_link_without_its_suffix(tmp_path: Path) -> None:
    for suffix, packed in ((".gz", gzip.compress(b"a,b\n1,2\n")), (".zst", zstd.compress(b"a,b\n1,2\n"))):
        write(tmp_path, "blob", packed)
        link = tmp_path / f"t.csv{suffix}"
        link.symlink_to("blob")
        assert read(link) == [("1", "2")]


def test_gzip_of_several_members(tmp_path: Path) -> None:
    content = gzip.compress(b"a,b\n1,") + gzip.compress(b"2\n3,4\n")
    assert read(write(tmp_path, "t.csv.gz", content)) == [("1", "2"), ("3", "4")]


def test_what_the_parallel_reader_cannot_read_is_read_serially(tmp_path: Path) -> None:
    value = "x" * 1000 + "\n1,2\n"
    path = write(tmp_path, "t.csv", b"a,b\n" + f'7,"{value}"\n'.encode() * 10_000)
    source = open_source("t", path)
    with duckdb.connect(config={"threads": "2"}) as connection, pytest.raises(duckdb.Error):
        connection.execute(f"SELECT count(b) FROM {source.scan()}").fetchall()
    with open_session([source]) as opened:
        opened.lock()
        assert opened.rows("SELECT count(*), min(b), max(b) FROM _raw.t") == [(10_000, value, value)]


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".csv.zst", ".parquet", ".jsonl"])
@pytest.mark.parametrize("pattern", ["train", "train/part-*"])
def test_parts_are_one_table(case: Case, suffix: str, pattern: str) -> None:
    case.suffix = suffix
    case.contract["schema"][0]["physicalName"] = pattern
    case.settings = f'[tool.ml-pipeline.data]\ntrain = "{pattern}"'
    case.train[30]["text"] = "abcd"
    case.write()
    (case.data / f"train{suffix}").unlink()
    (case.data / "train").mkdir()
    write_rows(case.data / "train" / f"part-0{suffix}", case.train[:25])
    write_rows(case.data / "train" / f"part-1{suffix}", case.train[25:])
    (case.data / "train" / "_SUCCESS").touch()
    evidence = validate(case.data, case.path, case.project, now=NOW)
    failing = [check for check in evidence.checks if check.state is State.FAIL]
    folder = "" if "*" in pattern else "train/"
    place = " row 6" if suffix == ".parquet" else f":{6 + suffix.startswith('.csv')}"
    assert [(check.id, check.places) for check in failing] == [
        ("train.text.minLength", [f"{folder}part-1{suffix}{place} 'abcd'"])
    ]
    assert evidence.files[0].rows == 40


def test_parts_of_several_folders_are_told_apart(case: Case) -> None:
    case.contract["schema"][0]["physicalName"] = "train/*/*.csv"
    case.settings = '[tool.ml-pipeline.data]\ntrain = "train/*/*.csv"'
    case.train[35]["text"] = "abcd"
    case.write()
    head, *lines = (case.data / "train.csv").read_text().splitlines(keepends=True)
    (case.data / "train.csv").unlink()
    for folder, rows in (("year=2024", lines[:30]), ("year=2025", lines[30:])):
        (case.data / "train" / folder).mkdir(parents=True)
        (case.data / "train" / folder / "p.csv").write_text(head + "".join(rows))
    checks = validate(case.data, case.path, case.project, now=NOW).checks
    [check] = [check for check in checks if check.state is State.FAIL]
    assert check.places == ["year=2025/p.csv:7 'abcd'"]


def test_a_column_of_another_type_in_a_part_is_named(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    with duckdb.connect() as connection:
        for number, kind in enumerate(("BIGINT", "DOUBLE")):
            path = tmp_path / "train" / f"part-{number}.parquet"
            connection.execute(f"COPY (SELECT 1 AS a, 2::{kind} AS b) TO '{path}' (FORMAT parquet)")
    said = "train/part-1.parquet: the columns are not those of train/part-0.parquet: b is DOUBLE, and BIGINT there; "
    with pytest.raises(SetupError, match=re.escape(said)):
        read_found(files.find(tmp_path, "train"))


def test_a_folder_in_a_folder_of_parts(tmp_path: Path) -> None:
    (tmp_path / "train" / "year=2024").mkdir(parents=True)
    with pytest.raises(SetupError, match=re.escape("year=2024: this is a folder within the folder of parts")):
        files.find(tmp_path, "train")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        (
            "part-1.csv",
            b"b,a\n1,2\n",
            "train/part-1.csv:1: the columns are not those of train/part-0.csv:1: b stands where",
        ),
        ("part-1.csv", b"a\n1\n", "nothing stands where b does"),
        ("part-1.csv", b"a,b\n1,2,3\n", "train/part-1.csv:2: the row has 3 values"),
        ("part-1.csv", b"a,b\n1,\xf6\n", "train/part-1.csv:2: byte 3 (0xf6) is not UTF-8"),
        ("part-1.csv", b"a,a\n1,2\n", "train/part-1.csv:1: the column 'a' is there twice"),
        ("part-1.csv", b"", "train/part-1.csv: the file is empty"),
        ("part-1.jsonl", b"{}", "part-1.jsonl is no .csv file"),
        ("read.me", b"x", "read.me is no .csv file"),
    ],
)
def test_parts_that_do_not_fit(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    (tmp_path / "train").mkdir()
    write(tmp_path / "train", name, content)
    write(tmp_path / "train", "part-0.csv", b"a,b\n1,2\n")
    with pytest.raises(SetupError, match=re.escape(words)):
        read_found(files.find(tmp_path, "train"))


def test_a_folder_without_parts(tmp_path: Path) -> None:
    (tmp_path / "train").mkdir()
    with pytest.raises(SetupError, match="the folder holds no data"):
        files.find(tmp_path, "train")


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_too_many_columns(tmp_path: Path, suffix: str) -> None:
    names = [f"c{number}" for number in range(10_000)]
    content = ",".join(names) + "\n" if suffix == ".csv" else json.dumps(dict.fromkeys(names, 1)) + "\n"
    expected = f"t{suffix}:1: there are 10,000 columns; expected at most 2,000"
    assert refused(write(tmp_path, f"t{suffix}", content.encode())).startswith(expected)


def test_memory_is_bounded_for_a_line_of_200_mb(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n1,2\n")
        for _ in range(200):
            file.write(b"x" * 1_000_000)
    tracemalloc.start()
    try:
        assert refused(path).startswith("t.csv:3: the line is longer than 2,000,000 bytes")
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_file_larger_than_memory_is_validated(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "MEMORY_LIMIT", "80MB")
    case.write()
    with duckdb.connect() as connection:
        select = (
            "SELECT 'a text ' || sha256(range::VARCHAR) AS text, range % 2 AS label, "
            "'2026-01-01T00:00:00Z' AS timestamp, 'a' AS source FROM range(1000000)"
        )
        connection.execute(f"COPY ({select}) TO '{case.data / 'train.csv'}' (FORMAT csv, HEADER)")
    assert (case.data / "train.csv").stat().st_size > 96_000_000
    case.contract["schema"][0]["properties"][0]["unique"] = True
    case.column("text")["logicalTypeOptions"]["maxLength"] = 100
    case.path.write_text(yaml.safe_dump(case.contract), encoding="utf-8")
    evidence = validate(case.data, case.path, case.project, now=NOW)
    assert [check.id for check in evidence.checks if check.state is State.FAIL] == []
    assert evidence.files[0].rows == 1_000_000


def test_the_packages_of_other_tools_are_valid_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        select = "SELECT (range % 3)::TINYINT AS label, 'name ' || range % 3 AS text FROM range(3000)"
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
        encodings = connection.execute(f"SELECT DISTINCT encodings FROM parquet_metadata('{path}')").fetchall()
    assert any("DICTIONARY" in found for (found,) in encodings)
    assert read(path)[:3] == [("0", "name 0"), ("1", "name 1"), ("2", "name 2")]


BROKEN = {
    "a line too long at the end": (b"a,b\n1,2\n" + b"x" * 40_000_000, "t.csv:3: the line is longer than 2,000,000"),
    "an empty quoted value too many": (b'a,b\n1,2\n3,4,""\n', "t.csv:3: the row has 3 values; expected 2"),
    "a comma too many after a quoted value": (b'a,b\n"1","2",\n', "t.csv:2: the row has 3 values"),
    "space after a quote": (b'a,b\n"1" ,2\n', "t.csv:2: text follows a closing quote"),
    "space before a quote": (b'a,b\n1,2\n1, "2"\n', "t.csv:3: a space stands before an opening quote"),
    "space before the first quote": (b'a,b\n "1",2\n', "t.csv:2: a space stands before an opening quote"),
    "last line ends otherwise": (b"a,b\r\n1,2\r\n3,4\n", "t.csv:3: this row ends in LF, the first in CRLF"),
    "last line with an empty value ends otherwise": (b"a,b\r\n1,\r\n3,\n", "t.csv:3: this row ends in LF"),
    "a comma at the end of a CRLF row": (b"a,b\r\n1,2,\r\n3,4\r\n", "t.csv:2: the row has 3 values"),
    "last line ends in CR": (b"a,b\r\n1,2\r", "t.csv:2: the line ends in CR alone"),
    "short row": (b"a,b\n1,2\n3\n", "t.csv:3: the row has 1 values; expected 2"),
    "long row": (b"a,b\n1,2\n3,4,5\n", "t.csv:3: the row has 3 values; expected 2"),
    "a comma at the end of one row": (b"a,b\n1,2\n3,4,\n5,6\n", "t.csv:3: the row has 3 values"),
    "a comma at the end of the file": (b"a,b\n1,2\n3,4,", "t.csv:3: the row has 3 values"),
    "not UTF-8": (b"a,b\n1,2\n\xe9,4\n", "t.csv:3: byte 1 (0xe9) is not UTF-8"),
    "UTF-16": ("a,b\n1,2\n".encode("utf-16"), "t.csv:1: the file is UTF-16"),
    "NUL": (b"a,b\n1,2\n3\0,4\n", "t.csv:3: the line holds a NUL byte"),
    "open quote": (b'a,b\n1,2\n"3,4\n5,6\n', "t.csv:3: a quoted value that begins here does not end"),
    "text after a quote": (b'a,b\n1,2\n"3"x,4\n', "t.csv:3: text follows a closing quote"),
    "mixed line ends": (b"a,b\n1,2\n3,4\r\n5,6\n", "t.csv:3: this row ends in CRLF, the first in LF"),
    "a name with LF in a file of CRLF": (
        b'a,"b\nc"\r\n1,2\r\n',
        "t.csv:1: a line end within the column's name 'b\\nc'",
    ),
    "a name with CRLF in a file of LF": (b'"b\r\nc",a\n1,2\n', "t.csv:1: a line end within the column's name"),
    "CR alone": (b"a,b\r1,2\r", "t.csv:1: lines end in CR alone"),
    "blank first line": (b"\na,b\n1,2\n", "t.csv:1: the header is missing"),
    "name missing": (b"a,,c\n1,2,3\n", "t.csv:1: column 2 of 3 has no name"),
    "name twice": (b"a,b,A\n1,2,3\n", "t.csv:1: the column 'A' is there twice"),
    "semicolons": (b"a;b\n1;2\n", "t.csv:1: the header is separated by ';'"),
    "long value": (b'a,b\n"' + b"x\n" * 1_100_000 + b'",1\n', "t.csv:2: the row is longer than 2,000,000 bytes"),
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
    packed = zstd.compress(b"a,b\n" + b"1,2\n" * 1000)
    assert "broken or cut off" in refused(write(tmp_path, "t.csv.zst", packed[:-4]))
    assert "broken or cut off" in refused(write(tmp_path, "u.csv.zst", b"a,b\n1,2\n"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"a":1}\n{"a":\n', "t.jsonl:2: not valid JSON"),
        (b'{"a":1}\n[1]\n', "t.jsonl:2: the line is no JSON object"),
        (b'{"a":1}\n{"a":NaN}\n', "t.jsonl:2: not valid JSON"),
        (b'{"a":1,"a":2}\n', "t.jsonl:1: not valid JSON (a key is there twice)"),
        (b'{"a":"\xe9"}\n', "t.jsonl:1: the line is not UTF-8"),
        (b'{"a":1,"A":2}\n', "t.jsonl: two keys are the same"),
        (b'{"a":1,"":2}\n', "t.jsonl:1: a key is empty"),
        (b"{}\n\n", "t.jsonl:1: the file has no key"),
        (b'\xef\xbb\xbf{"a":1}\n', "t.jsonl:1: a byte order mark is no JSON"),
        (b'{"a":"x\\ud800"}\n', "t.jsonl:1: not valid JSON"),
        (b'{"a":"x\\u0000"}\n', "t.jsonl:1: not valid JSON (a text holds a NUL character)"),
        (b'{"a":[{"b":"x\\u0000"}]}\n', "t.jsonl:1: not valid JSON (a text holds a NUL character)"),
        (b'{"a\\u0000":1}\n', "t.jsonl:1: not valid JSON (a text holds a NUL character)"),
        (b'{"a":1}\n{"a":"' + b"x" * 3_000_000 + b'"}\n', "t.jsonl:2: the line is longer than 2,000,000 bytes"),
    ],
)
def test_broken_jsonl(tmp_path: Path, content: bytes, expected: str) -> None:
    assert refused(write(tmp_path, "t.jsonl", content)).startswith(expected)


def test_a_backslash_before_u0000_is_text_in_jsonl(tmp_path: Path) -> None:
    assert read(write(tmp_path, "t.jsonl", rb'{"a":"\\u0000"}' + b"\n")) == [(r"\u0000",)]


def cut(size: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:size]


def footer(size: int) -> Callable[[bytes], bytes]:
    """Say that the footer has so many bytes."""
    return lambda whole: whole[:-8] + size.to_bytes(4, "little") + whole[-4:]


def flipped(index: int) -> Callable[[bytes], bytes]:
    return lambda whole: whole[:index] + bytes([whole[index] ^ 0xFF]) + whole[index + 1 :]


def over(byte: bytes) -> Callable[[bytes], bytes]:
    """Write one byte over all of the data, not over the footer."""

    def change(whole: bytes) -> bytes:
        kept = int.from_bytes(whole[-8:-4], "little") + 8
        return whole[:4] + byte * (len(whole) - 4 - kept) + whole[-kept:]

    return change


BROKEN_PARQUET: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "nothing": (cut(0), "the file is empty"),
    "its first bytes": (cut(4), "File 't.parquet' too small to be a Parquet file"),
    "half": (cut(1000), "No magic bytes found at end of file 't.parquet'"),
    "all but a byte": (cut(-1), "No magic bytes found at end of file 't.parquet'"),
    "a text": (lambda _: b"a,b\n1,2\n" * 9, "No magic bytes found at end of file 't.parquet'"),
    "zeros": (lambda whole: bytes(len(whole)), "No magic bytes found at end of file 't.parquet'"),
    "another kind": (lambda whole: whole[:-4] + b"PARE", "File 't.parquet' is encrypted"),
    "no footer": (footer(0), "Footer length error in file 't.parquet'"),
    "a longer footer": (footer(2**31 - 1), "Footer length error in file 't.parquet'"),
    "a shorter footer": (footer(5), "(Invalid data)"),
    "a flipped byte in the header of a page": (flipped(4), "(Invalid data)"),
    "a flipped byte in a page": (flipped(60), 'Failed to read file "t.parquet": Snappy decompression failure'),
    "zeros for data": (over(b"\0"), "(Invalid data)"),
    "ones for data": (over(b"\xff"), r"(don't know what type: \x0f)"),
    "text that is not UTF-8": (
        lambda whole: whole.replace(b"text number 0", b"text \xffumber 0"),
        '(Invalid string encoding found in Parquet file "t.parquet")',
    ),
}


@pytest.mark.parametrize("name", BROKEN_PARQUET)
def test_broken_parquet(tmp_path: Path, name: str) -> None:
    change, reason = BROKEN_PARQUET[name]
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        select = "SELECT 'text number ' || range AS text, range % 3 AS label FROM range(1000)"
        connection.execute(f"COPY ({select}) TO '{path}' (FORMAT parquet)")
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(SetupError) as caught:
        read(files.find(tmp_path, "t.*").path)
    message = str(caught.value)
    assert message.startswith("t.parquet: ")
    assert reason in message
    assert message.endswith((" mend the file.", " write it again.", " produce it again."))
    assert str(tmp_path) not in message
    assert "number" not in message


@pytest.mark.parametrize("broken", ["train", "holdout"])
def test_the_broken_one_of_two_parquet_files_is_named(case: Case, broken: str) -> None:
    case.suffix = ".parquet"
    case.write()
    path = case.data / f"{broken}.parquet"
    path.write_bytes(over(b"\xff")(path.read_bytes()))
    with pytest.raises(SetupError, match=rf"^{broken}\.parquet: the Parquet file cannot be read"):
        validate(case.data, None, case.project, now=NOW)


def test_an_error_without_words_has_a_reason() -> None:
    assert first_line(duckdb.Error("")) == "it gives no reason"


def test_two_columns_of_one_name_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS col1, 2 AS col2) TO '{path}' (FORMAT parquet)")
    path.write_bytes(path.read_bytes().replace(b"col2", b"col1"))
    assert refused(path).startswith("t.parquet: the column 'col1' is there twice")


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
    heavy = "('sklearn', 'htpy', 'duckdb', 'dagger')"
    code = f"import sys, ml_steps.data.files; print([m for m in {heavy} if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
