"""The sample of a large file: every row is as likely, wherever it stands and however it is written."""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from ml_steps.data import drawn, stored
from ml_steps.data.session import RAW, Session, open_session
from ml_steps.data.source import Source, open_source, quoted
from tests.unit.data.conftest import Case

ROWS, MOST = 6_000, 1_500
SPREAD = 4 * (MOST * (1 - MOST / ROWS)) ** 0.5
"""Four standard deviations of the number of rows that are drawn."""


def source_of(folder: Path, *bodies: bytes, suffix: str = ".csv") -> Source:
    parts = tuple(folder / f"part-{index}{suffix}" for index in range(len(bodies)))
    for part, body in zip(parts, bodies, strict=True):
        part.write_bytes(body)
    return open_source("train", folder, parts)


def lines(rows: list[str], end: str = "\n") -> bytes:
    return "".join(row + end for row in rows).encode()


def texts(session: Session, table: str, columns: str = "*") -> list[tuple[Any, ...]]:
    return session.rows(f"SELECT {columns} FROM {table}")


def sampled(source: Source, rows: int = ROWS, most: int = MOST) -> list[tuple[Any, ...]]:
    """Draw by `sample` in a session that is locked, and read the rows."""
    with open_session([source]) as session:
        session.lock()
        return texts(session, drawn.sample(session, source.name, rows, most))


NUMBERED = [f"{index},text {index}" for index in range(ROWS)]
EVERY = {(str(index), f"text {index}") for index in range(ROWS)}


def evenly(numbers: list[int]) -> bool:
    """True where about as many rows come from each tenth of the file."""
    tenths = Counter(number * 10 // ROWS for number in numbers)
    return all(abs(tenths[tenth] - MOST / 10) < SPREAD / 2 for tenth in range(10))


@pytest.mark.parametrize(
    "bodies",
    [
        (lines(["id,text", *NUMBERED]),),
        (lines(["id,text", *NUMBERED], "\r\n"),),
        (b"\xef\xbb\xbf" + lines(["id,text", *NUMBERED]).removesuffix(b"\n"),),
        (lines(["id,text", *(row.replace("text", '"text') + '"' for row in NUMBERED)]),),
        (
            lines(["id,text", *NUMBERED[:1000]], "\r\n"),
            lines(["id,text", *NUMBERED[1000:4000]]).removesuffix(b"\n"),
            lines(["id,text"]),
            lines(["id,text", *NUMBERED[4000:]]),
        ),
    ],
    ids=["plain", "crlf", "bom-and-no-last-line-end", "quoted", "parts"],
)
def test_lines_are_drawn_as_the_rows_that_they_are(tmp_path: Path, bodies: tuple[bytes, ...]) -> None:
    source = source_of(tmp_path, *bodies)
    rows = sampled(source)
    assert abs(len(rows) - MOST) < SPREAD
    assert len(set(rows)) == len(rows)
    assert set(rows) <= EVERY
    assert evenly([int(number) for number, _ in rows])
    assert sampled(source) == rows
    assert drawn.by_line(source, ROWS, MOST, tmp_path / "drawn.csv") is not None


@pytest.mark.parametrize("counted", [ROWS - 1, ROWS + 1])
def test_a_file_that_changed_since_its_rows_were_counted_is_not_drawn_by_line(tmp_path: Path, counted: int) -> None:
    source = source_of(tmp_path, lines(["number,text", *NUMBERED]))
    assert drawn.by_line(source, counted, MOST, tmp_path / "drawn.csv") is None


def test_a_quote_within_a_value_and_other_alphabets_stay_as_they_are(tmp_path: Path) -> None:
    values = ['5" pipe', "жЖ🙂é", '"a, ""b"""', "\u00a0"]
    source = source_of(tmp_path, lines(["id,text", *(f"{i},{values[i % 4]}" for i in range(ROWS))]))
    counts = Counter(text for _, text in sampled(source))
    assert set(counts) == {'5" pipe', "жЖ🙂é", 'a, "b"', "\u00a0"}
    assert all(abs(count - MOST / 4) < SPREAD / 2 for count in counts.values())


@pytest.mark.parametrize("order", ["sorted", "in turn"])
def test_a_long_row_is_as_likely_as_a_short_one(tmp_path: Path, order: str) -> None:
    short, long = "short,x", f"long,{'x' * 3000}"
    rows = [short] * (ROWS // 2) + [long] * (ROWS // 2) if order == "sorted" else [short, long] * (ROWS // 2)
    counts = Counter(kind for kind, _ in sampled(source_of(tmp_path, lines(["kind,text", *rows]))))
    assert abs(counts["long"] - MOST / 2) < SPREAD / 2


def test_a_line_of_one_column_may_be_blank(tmp_path: Path) -> None:
    source = source_of(tmp_path, lines(["text", *["", "a"] * (ROWS // 2)]))
    assert drawn.by_line(source, ROWS, MOST, tmp_path / "drawn.csv") is not None
    counts = Counter(text for (text,) in sampled(source))
    assert abs(counts[None] - MOST / 2) < SPREAD / 2


def test_json_lines_are_drawn_too(tmp_path: Path) -> None:
    body = lines([f'{{"id": {index}, "text": "line\\nend"}}' for index in range(ROWS)])
    source = source_of(tmp_path, body, suffix=".jsonl")
    assert drawn.by_line(source, ROWS, MOST, tmp_path / "drawn.jsonl") is not None
    rows = sampled(source)
    assert {text for _, text in rows} == {"line\nend"}
    assert evenly([int(number) for number, _ in rows])


@pytest.mark.parametrize(
    "body",
    [
        lines(["id,text", *NUMBERED[:-1], f'{ROWS},"text\nof two lines"']),
        lines(["id,text", *NUMBERED[:100], "", *NUMBERED[100:]]),
        lines(['id,"text\nhere"', *NUMBERED]),
    ],
    ids=["a quoted line end", "a blank line", "a line end in the header"],
)
def test_where_a_line_is_no_row_duckdb_samples(tmp_path: Path, body: bytes) -> None:
    source = source_of(tmp_path, body)
    assert drawn.by_line(source, ROWS, MOST, tmp_path / "drawn.csv") is None
    rows = sampled(source)
    assert abs(len(rows) - MOST) < SPREAD
    assert set(rows) <= EVERY | {(str(ROWS), "text\nof two lines")}
    assert evenly([min(int(number), ROWS - 1) for number, _ in rows])
    assert sampled(source) == rows


def test_without_room_for_the_lines_duckdb_samples(tmp_path: Path) -> None:
    source = source_of(tmp_path, lines(["id,text", *NUMBERED]))
    with open_session([source]) as session:
        session.lock()
        session.folder.rmdir()
        rows = texts(session, drawn.sample(session, "train", ROWS, MOST))
    assert evenly([int(number) for number, _ in rows])


@pytest.mark.parametrize("taken", ["other", "FILE_row_number", "file_index"])
def test_parquet_is_sampled_by_the_numbers_of_its_rows(tmp_path: Path, taken: str) -> None:
    parts = tmp_path / "a.parquet", tmp_path / "b.parquet"
    for part, start in zip(parts, (0, ROWS // 2), strict=True):
        chosen = f"SELECT {start} + range AS id, 1 AS {quoted(taken)} FROM range({ROWS // 2})"
        duckdb.execute(f"COPY ({chosen}) TO '{part}' (FORMAT parquet)")
    source = open_source("train", tmp_path, parts)
    rows = sampled(source)
    numbers = [int(number) for number, _ in rows]
    assert abs(len(rows) - MOST) < SPREAD
    assert len(set(numbers)) == len(rows)
    assert evenly(numbers)
    assert {number % (ROWS // 2) for number in numbers if number < ROWS // 2} != {
        number % (ROWS // 2) for number in numbers if number >= ROWS // 2
    }
    assert sampled(source) == rows


@pytest.mark.parametrize(("suffix", "passes"), [(".csv", 1), (".jsonl", 1), (".parquet", 2), (".csv.gz", 2)])
def test_lines_that_are_drawn_are_no_pass(
    case: Case, monkeypatch: pytest.MonkeyPatch, suffix: str, passes: int
) -> None:
    for part in case.contract["schema"]:
        part["quality"] = []
        for column in part["properties"]:
            column["quality"] = []
    case.suffix = suffix
    before = case.judge().files[0].passes
    monkeypatch.setattr(stored, "MOST_ROWS", 20)
    [train, _] = case.judge().files
    assert 5 < train.profiled_rows < 35
    assert (before, train.passes) == (2, passes)


def test_two_files_are_drawn_apart_and_are_gone_afterwards(tmp_path: Path) -> None:
    source = source_of(tmp_path, lines(["id,text", *NUMBERED]))
    with open_session([source, dataclasses.replace(source, name="holdout")]) as session:
        session.lock()
        drawn.sample(session, "train", ROWS, MOST)
        drawn.sample(session, "holdout", ROWS, MOST)
        assert len(list(session.folder.iterdir())) == 2
        assert texts(session, f"{RAW}.train", "count(*)") == [(ROWS,)]
        folder = session.folder
    assert not folder.exists()
