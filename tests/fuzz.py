"""Break valid files at random and compare what the reader makes of them with a slow reader in plain Python.

Parquet is compared with another reader, since plain Python has none. Nothing in a Parquet file says whether a value
is the one that was written, so what is held is this: a file that both read has the same rows in both; one that ours
alone reads has the rows that it had before it was broken, for then only what no row depends on is, such as a
statistic; one that ours alone refuses is safe. Each is broken in one place, so that the second can be said.

`python -m tests.fuzz --cases 10000 --seed 1` prints how many were read and refused, and exits 1 at the first
difference, after leaving the file. A hang of 60 seconds ends the run with a traceback.
"""

from __future__ import annotations

import argparse
import collections
import faulthandler
import gzip
import json
import random
import sys
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

from ml_steps.data.places import locate
from ml_steps.data.session import open_session
from ml_steps.data.source import open_source
from ml_steps.data.zstandard import zstd
from ml_steps.errors import SetupError
from tests.parquet_peer import Peer, alike

Rows = list[tuple[str | None, ...]]

CSV = (
    'id,text,label\n1,plain,0\n2,"quoted, with ""quotes""",1\n3,"two\nlines",0\n4,🤦 café,1\n5,,0\n'.encode(),
    b'id,text,label\r\n1,plain,0\r\n2,two,\r\n3,"x\r\ny",1\r\n4,z,0\r\n',
    b'\xef\xbb\xbfid,text\n1,a\n\n2,b\n3, c \n4,\n5,""\n',
    b'text\none\n\ntwo\n""\nthree\n',
    b'"id","te""xt"\n"1","a"\n"2","b"\n"3",""\n',
    b"a,b,c,d\n" + b"".join(b"%d,%d.5,word %d,2026-01-%02dT00:00:00Z\n" % (i, i, i, 1 + i % 28) for i in range(300)),
)
JSONL = (
    b'{"id": 1, "text": "a"}\n{"id": 2, "text": "\\u00e9 \\"x\\""}\n\n{"text": null, "id": 3.5}\n',
    b'{"a": [1, {"b": 2}], "c": true}\r\n{"a": "", "d": "\xf0\x9f\xa4\xa6"}\r\n',
)
PARQUET = (
    (
        "SELECT range AS id, 'text ' || range AS text, (range % 3)::TINYINT AS label FROM range(500)",
        "COMPRESSION snappy",
    ),
    (
        "SELECT range / 2.0 AS x, CASE WHEN range % 5 > 0 THEN 'abc'[1 + range % 3:] END AS c, DATE '2026-01-01' AS d "
        "FROM range(3000)",
        "COMPRESSION zstd",
    ),
    (
        "SELECT range AS id, 'text ' || range AS text, range / 3 AS x, range % 7 = 0 AS b FROM range(100)",
        "COMPRESSION uncompressed, PARQUET_VERSION v2",
    ),
    (
        "SELECT 'text ' || range % 5 AS c, CASE WHEN range % 7 < 5 THEN range::UTINYINT END AS n, "
        "DATE '2026-01-01' + range::INT AS d FROM range(100)",
        "COMPRESSION uncompressed",
    ),
)
BYTES = b"\",\n\r\0 \t;\xff\xc3\\'{}[]:09a"


def mutated(content: bytes, random_: random.Random) -> bytes:
    """Return the bytes with one to four things broken; sometimes none."""
    data = bytearray(content)
    for _ in range(random_.choice((0, 1, 1, 1, 2, 4))):
        at = random_.randrange(len(data) + 1)
        end = min(len(data), at + random_.choice((1, 1, 2, 8, 64)))
        match random_.randrange(6):
            case 0 if at < len(data):
                data[at] ^= 1 << random_.randrange(8)
            case 1 if at < len(data):
                data[at] = random_.choice(BYTES)
            case 2:
                data[at:at] = bytes(random_.choices(BYTES, k=random_.choice((1, 1, 2, 3))))
            case 3:
                del data[at:end]
            case 4:
                data[at:at] = data[at:end]
            case 5:
                del data[at:]
    return bytes(data)


def changed(content: bytes, random_: random.Random) -> bytes:
    """Return the bytes with one of them changed or the end cut off; sometimes neither."""
    data, at = bytearray(content), random_.randrange(len(content))
    match random_.randrange(10):
        case 0:
            pass
        case 1:
            del data[at:]
        case 2 | 3 | 4:
            data[at] = random_.choice(BYTES)
        case _:
            data[at] ^= 1 << random_.randrange(8)
    return bytes(data)


def samples(folder: Path) -> dict[str, list[bytes]]:
    """Return valid contents by suffix, unpacked."""
    found = {".csv": list(CSV), ".csv.gz": list(CSV), ".csv.zst": list(CSV), ".jsonl": list(JSONL), ".parquet": []}
    with duckdb.connect() as connection:
        for index, (query, options) in enumerate(PARQUET):
            path = folder / f"{index}.parquet"
            connection.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, {options})")
            found[".parquet"].append(path.read_bytes())
    return found


def broken(suffix: str, content: bytes, random_: random.Random) -> bytes:
    """Return the file broken; packed ones are broken before or after packing."""
    if suffix == ".parquet":
        return changed(content, random_)
    packed = {".csv.gz": lambda data: gzip.compress(data, mtime=0), ".csv.zst": zstd.compress}.get(suffix)
    if packed is None:
        return mutated(content, random_)
    if random_.random() < 0.5:
        return packed(mutated(content, random_))
    return mutated(packed(content), random_)


def oracle(suffix: str, data: bytes) -> Rows | None:
    """Return the rows as the documented dialect reads them, or None for a file that is to be refused."""
    try:
        if suffix == ".csv.gz":
            data = _gunzip(data)
        elif suffix == ".csv.zst":
            data = zstd.decompress(data)
        if b"\0" in data:
            return None
        if suffix == ".jsonl":
            return _jsonl(data.decode())
        return _csv(data.decode("utf-8-sig"))
    except (ValueError, EOFError, zlib.error, zstd.ZstdError):
        return None


def _gunzip(data: bytes) -> bytes:
    """Unpack gzip members that have no more than a name in their header, and nothing after the last."""
    found = b""
    while data:
        if int.from_bytes(data[3:4]) & 0x37:
            raise ValueError
        member = zlib.decompressobj(wbits=31)
        found += member.decompress(data[:3] + bytes([int.from_bytes(data[3:4]) & 0x3F]) + data[4:])
        if not member.eof:
            raise ValueError
        data = member.unused_data
    return found


def _csv(text: str) -> Rows | None:
    if "\r" in text.split("\n", 1)[0].removesuffix("\r"):
        return None
    rows = list(_records(text))
    if not rows or not rows[0] or any(not name.strip() for name in rows[0]):
        return None
    header = rows[0]
    if len({name.casefold() for name in header}) < len(header):
        return None
    if len(header) == 1 and any(char in header[0] for char in ";\t|"):
        return None
    found = [row or [""] for row in rows[1:] if row or len(header) == 1]
    if any(len(row) != len(header) for row in found):
        return None
    return [tuple(value or None for value in row) for row in found]


def _records(text: str) -> Iterator[list[str]]:
    """Read character by character; a blank line is a record without values."""
    row, at, end = list[str](), 0, ""
    while at < len(text):
        value, at = _value(text, at)
        row.append(value)
        mark = text[at : at + 2] if text.startswith("\r\n", at) else text[at : at + 1]
        at += len(mark)
        if mark != ",":
            if mark == "\r" or (end and mark and mark != end):
                raise ValueError(mark)
            end = mark
            yield [] if row == [""] and text[at - len(mark) - 1 : at - len(mark)] != '"' else row
            row = []
        elif at == len(text):
            yield [*row, ""]


def _value(text: str, at: int) -> tuple[str, int]:
    """Return the value that begins here, and where it ends."""
    if not text.startswith('"', at):
        end = next((index for index in range(at, len(text)) if text[index] in ",\r\n"), len(text))
        if text[at:end].lstrip(" ").startswith('"'):
            raise ValueError(text[at:end])
        return text[at:end], end
    end = text.index('"', at + 1)
    while text.startswith('"', end + 1):
        end = text.index('"', end + 2)
    if text[end + 1 : end + 2] not in ("", ",", "\r", "\n"):
        raise ValueError(text[end:])
    return text[at + 1 : end].replace('""', '"'), end + 1


def _jsonl(text: str) -> Rows | None:
    records = [json.loads(line, object_pairs_hook=_pairs, parse_constant=_refuse) for line in _json_lines(text)]
    if not records or not all(isinstance(record, dict) for record in records):
        return None
    json.dumps(records, ensure_ascii=False).encode()
    names = dict.fromkeys(name for record in records for name in record)
    if (
        not all(name.strip() for name in names)
        or not names
        or len({name.casefold() for name in names}) < len(names)
        or "\\u0000" in json.dumps(records)
    ):
        return None
    return [tuple(_shown(record.get(name)) for name in names) for record in records]


def _json_lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line.strip(" \t\r")]


def _shown(value: object) -> str | None:
    """Return a value's text; what is no text is compared by its value."""
    return value if isinstance(value, str) or value is None else json.dumps(value)


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def read(path: Path) -> Rows | SetupError:
    """Return the rows as the toolkit reads them, or the sentence that refuses them."""
    try:
        source = open_source("t", path)
        with open_session([source]) as session:
            session.lock()
            rows = session.rows("SELECT * FROM _raw.t")
        assert len(locate(source, range(len(rows)))) == len(rows)
    except SetupError as error:
        return error
    if path.suffix == ".jsonl":
        return [tuple(_as_json(value) for value in row) for row in rows]
    return rows


def _as_json(value: str | None) -> str | None:
    """Return numbers, lists and objects in one spelling; a text that looks like one is spelled so on both sides."""
    try:
        return json.dumps(json.loads(value)) if value is not None else None
    except ValueError:
        return value


def difference(path: Path, suffix: str, data: bytes) -> tuple[str, str]:
    """Read one file both ways; return "read" or "refused", and in what they differ, if they do."""
    path.write_bytes(data)
    found = read(path)
    refused = isinstance(found, SetupError)
    outcome = "refused" if refused else "read"
    expected = oracle(suffix, data)
    if expected is not None and suffix == ".jsonl":
        expected = [tuple(_as_json(value) for value in row) for row in expected]
    if (expected is None) == refused and (refused or found == expected):
        return outcome, ""
    return outcome, f"expected {'a refusal' if expected is None else expected}, got {found}"


def parquet_difference(path: Path, peer: Peer, content: bytes, data: bytes) -> tuple[str, str]:
    """Do the same of a Parquet file; `content` is what it was before it was broken."""
    path.write_bytes(data)
    found, expected = read(path), peer.read(data)
    if isinstance(found, SetupError):
        return "refused" if expected is None else "refused by us alone", ""
    unbroken = expected if expected is not None else peer.read(content)
    assert unbroken is not None
    outcome = "read" if expected is not None else "read by us alone, its rows unbroken"
    if alike(found, unbroken):
        return outcome, ""
    return outcome, f"expected {'a refusal, or the rows before' if expected is None else expected}, got {found}"


def run(cases: int, seed: int) -> tuple[dict[str, int], str]:
    """Try so many files; return the outcomes by format, and the first difference, empty where there is none."""
    random_, outcomes = random.Random(seed), collections.Counter[str]()  # noqa: S311 - no secret
    with tempfile.TemporaryDirectory() as name, Peer() as peer:
        contents = samples(Path(name))
        for case in range(cases):
            faulthandler.dump_traceback_later(60, exit=True)
            suffix = random_.choice(list(contents))
            path, content = Path(name) / f"t{suffix}", random_.choice(contents[suffix])
            data = broken(suffix, content, random_)
            if suffix == ".parquet":
                outcome, differs = parquet_difference(path, peer, content, data)
            else:
                outcome, differs = difference(path, suffix, data)
            if differs:
                return dict(outcomes), f"case {case} of seed {seed}, {suffix}: {differs}\n{data[:2000]!r}"
            outcomes[f"{suffix} {outcome}"] += 1
        faulthandler.cancel_dump_traceback_later()
    return dict(outcomes), ""


def main() -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcomes, differs = run(options.cases, options.seed)
    print("\n".join(f"{count:>7,} {what}" for what, count in sorted(outcomes.items())))
    print(differs or f"{options.cases:,} cases, no difference")
    return bool(differs)


if __name__ == "__main__":
    sys.exit(main())
