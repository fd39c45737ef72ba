"""A small valid data folder with its contract, to be broken in one place by each test."""

from __future__ import annotations

import copy
import csv
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from ml_steps.data.model import DataEvidence
from ml_steps.data.validate import validate
from ml_steps.data.zstandard import zstd
from ml_steps.evidence import Check, State
from ml_steps.project import Project, parse_project

NOW = datetime(2026, 6, 1, tzinfo=UTC)
Row = dict[str, Any]

PROPERTIES: list[dict[str, Any]] = [
    {
        "name": "text",
        "logicalType": "string",
        "required": True,
        "logicalTypeOptions": {"minLength": 5, "maxLength": 60},
        "quality": [
            {
                "id": "median",
                "type": "sql",
                "query": "SELECT median(length({property})) FROM {object}",
                "mustBeGreaterOrEqualTo": 10,
            }
        ],
    },
    {
        "name": "label",
        "logicalType": "integer",
        "required": True,
        "quality": [
            {"metric": "invalidValues", "arguments": {"validValues": [0, 1]}, "mustBe": 0},
            {
                "type": "custom",
                "engine": "ml-pipeline",
                "implementation": {"rule": "classBalance", "classes": [0, 1], "minShare": 0.2},
            },
        ],
    },
    {
        "name": "timestamp",
        "logicalType": "timestamp",
        "logicalTypeOptions": {"timezone": True},
        "quality": [{"type": "custom", "engine": "ml-pipeline", "implementation": {"rule": "notInFuture"}}],
    },
    {"name": "source", "logicalType": "string", "logicalTypeOptions": {"pattern": "^(a|b)$"}},
]


def rows_of(prefix: str, count: int) -> list[Row]:
    return [
        {
            "text": f"{prefix} text number {index}",
            "label": str(index % 2),
            "timestamp": f"2026-01-{1 + index % 28:02d}T00:00:00Z",
            "source": "ab"[index // 2 % 2],
        }
        for index in range(count)
    ]


@dataclass
class Case:
    """Rows and contract; `write` puts them on disk, `judge` validates them."""

    root: Path
    train: list[Row] = field(default_factory=lambda: rows_of("train", 40))
    holdout: list[Row] = field(default_factory=lambda: rows_of("holdout", 20))
    settings: str = ""
    contract: dict[str, Any] = field(default_factory=dict)
    suffix: str = ".csv"

    def __post_init__(self) -> None:
        rules = [
            {"metric": "rowCount", "mustBeGreaterOrEqualTo": 10},
            {"metric": "duplicateValues", "unit": "percent", "mustBeLessThan": 5},
        ]
        overlap = {"rule": "noOverlap", "with": "train", "columns": ["text"]}
        leak = {"type": "custom", "engine": "ml-pipeline", "implementation": overlap}
        self.contract = {
            "apiVersion": "v3.1.0",
            "kind": "DataContract",
            "id": "test",
            "version": "1.0.0",
            "status": "active",
            "schema": [
                {"name": "train", "properties": copy.deepcopy(PROPERTIES), "quality": copy.deepcopy(rules)},
                {"name": "holdout", "properties": copy.deepcopy(PROPERTIES), "quality": [*copy.deepcopy(rules), leak]},
            ],
        }

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def path(self) -> Path:
        return self.root / "contract.yaml"

    @property
    def project(self) -> Project:
        return parse_project(self.settings, frozenset({"src"}))

    def column(self, name: str, owner: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = next(
            entry for entry in self.contract["schema"][owner]["properties"] if entry["name"] == name
        )
        return found

    def write(self) -> None:
        self.data.mkdir(exist_ok=True)
        for name, rows in (("train", self.train), ("holdout", self.holdout)):
            write(self.data / f"{name}{self.suffix}", rows)
        self.path.write_text(yaml.safe_dump(self.contract, sort_keys=False), encoding="utf-8")

    def judge(self, *, contract: bool = True, against: Path | None = None) -> DataEvidence:
        self.write()
        return validate(self.data, self.path if contract else None, self.project, against=against, now=NOW)

    def failing(self, *, contract: bool = True) -> list[Check]:
        evidence = self.judge(contract=contract)
        found = [check for check in evidence.checks if check.state not in (State.PASS, State.SKIP)]
        assert (evidence.state is State.PASS) == (not found)
        return found


def write(path: Path, rows: list[Row]) -> None:
    names = list(rows[0]) if rows else list(rows_of("x", 1)[0])
    if path.name.endswith(".jsonl"):
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    elif path.name.endswith(".parquet"):
        columns = ", ".join(f"{name} VARCHAR" for name in names)
        with duckdb.connect() as connection:
            connection.execute(f"CREATE TABLE t ({columns})")
            connection.executemany(
                f"INSERT INTO t VALUES ({', '.join('?' * len(names))})", [list(r.values()) for r in rows]
            )
            connection.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    else:
        packers: dict[str, Callable[..., Any]] = {".gz": gzip.open, ".zst": zstd.open}
        opened = packers.get(path.suffix, open)
        with opened(path, "wt", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, names, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


Break = Callable[[Case], None]
