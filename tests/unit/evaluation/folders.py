"""Makes scores folders as the shim and the toolkit write them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from ml_steps.project import Project, parse_project

TIMINGS = {
    "protocol": 1,
    "load_ms": {"p50": 12.0, "count": 3},
    "single_ms": {"p50": 0.5, "p95": 0.9, "p99": 1.5, "count": 200},
    "batch_ms_per_row": {"p50": 0.02, "p95": 0.03, "p99": 0.05, "count": 20},
    "cpu_seconds_per_1k": 0.04,
}
SLOWER = {**TIMINGS, "single_ms": {"p50": 1.5, "p95": 2.0, "p99": 2.5, "count": 90}, "quiet_ratio": 1.3}
PAIRED = {
    "protocol": 1,
    "candidate": SLOWER,
    "baseline": {**TIMINGS, "cpu_rounds": 5},
    "ratios": {
        "latency_p50_ratio": {"value": 3.0, "low": 2.8, "high": 3.3, "count": 90},
        "batch_latency_p50_ratio": {"value": 1.1, "low": 0.9, "high": 1.2, "count": 20},
        "cpu_seconds_per_1k_ratio": {"value": 1.2, "count": 5},
    },
}


def project(task: str = "classification", more: str = "", **evaluate: Any) -> Project:
    """Return a project with such keys in [tool.ml-pipeline.evaluate]; `more` is further TOML."""
    settings = "".join(f"{key} = {json.dumps(value)}\n" for key, value in evaluate.items())
    text = f'[tool.ml-pipeline]\ntask = "{task}"\n[tool.ml-pipeline.evaluate]\n{settings}{more}'
    return parse_project(text, frozenset({"pyproject.toml"}))


def manifest(classes: list[Any] | None, **changes: Any) -> dict[str, Any]:
    task = "classification" if classes else "regression"
    given = {"protocol": 1, "task": task, "target": "label", "classes": classes, "model_digest": "sha256:aa"}
    return {**given, "input_columns": ["text"], "workdir": "/app", **changes}


def write(path: Path, payload: dict[str, Any]) -> None:
    path.write_text(json.dumps(payload), encoding="utf-8")


def write_lines(folder: Path, predictions: list[Any], probabilities: list[Any] | None = None) -> None:
    lines = []
    for row, prediction in enumerate(predictions):
        line = {"row": row, "prediction": prediction}
        if probabilities:
            line["probabilities"] = probabilities[row]
        lines.append(json.dumps(line) + "\n")
    (folder / "predictions.jsonl").write_text("".join(lines), encoding="utf-8")


def write_targets(folder: Path, targets: list[Any], kind: str, slices: dict[str, list[Any]]) -> None:
    values = {"row": list(range(len(targets))), "target": targets, **slices}
    kinds = ["BIGINT", kind, *["VARCHAR"] * len(slices)]
    named = zip(values, kinds, strict=True)
    quote = '"'
    columns = ", ".join(
        f'CAST(unnest($c{position}) AS {kind}) AS "{name.replace(quote, quote * 2)}"'
        for position, (name, kind) in enumerate(named)
    )
    with duckdb.connect() as connection:
        parameters = {f"c{position}": value for position, value in enumerate(values.values())}
        connection.execute(f"CREATE TABLE t AS SELECT {columns}", parameters)
        connection.table("t").write_parquet(str(folder / "targets.parquet"))


def scores(
    folder: Path,
    targets: list[Any],
    predictions: list[Any],
    *,
    classes: list[Any] | None = None,
    kind: str = "BIGINT",
    slices: dict[str, list[Any]] | None = None,
    timings: dict[str, Any] | None = None,
    **changes: Any,
) -> Path:
    """Write a whole folder; `changes` are those of the manifest."""
    folder.mkdir(parents=True)
    if targets:
        write_targets(folder, targets, kind, slices or {})
    write_lines(folder, predictions)
    write(folder / "manifest.json", manifest(classes, **changes))
    write(folder / "holdout.json", {"file": "holdout.csv", "sha256": "ff"})
    scoring = {
        "protocol": 1,
        "rows": len(predictions),
        "load_seconds": 0.1,
        "seconds": 0.2,
        "python": "3.13.1",
        "code_digest": f"sha256:{folder.name}",
    }
    write(folder / "scoring.json", {**scoring, "peak_rss_bytes": 50_000_000})
    if timings:
        write(folder / "timings.json", timings)
    return folder


def write_cases(folder: Path, cases: list[dict[str, Any]], answers: list[dict[str, Any]]) -> None:
    """Write behavioural cases as the toolkit does, and what the predictor said of each as the shim does."""
    stated = [
        {"id": f"line {n}", "place": f"cases.jsonl:{n}", "input": {"text": "a"}} for n in range(1, len(cases) + 1)
    ]
    write(folder / "cases.json", {"cases": [own | case for own, case in zip(stated, cases, strict=True)]})
    lines = [json.dumps({"row": row, **answer}) + "\n" for row, answer in enumerate(answers)]
    (folder / "case-predictions.jsonl").write_text("".join(lines), encoding="utf-8")
