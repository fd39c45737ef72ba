"""Realistic evidence of every kind; `PYTHONPATH=tests/unit python -m report.examples DIR` writes reports."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path

from ml_steps.evidence import Bars, Check, Evidence, Histogram, Interval, Intervals, Matrix, Pairs, State, Table
from ml_steps.report.index import build_index
from ml_steps.report.write import write

HOSTILE = '<script>alert("x")</script> | `tick` @someone #12 \x1b[31mred \u202e evil'


def lint(findings: int = 0) -> Evidence:
    rules = ("E501", "F401", "S101", "B008")
    checks = [
        Check(
            id=f"ruff {rules[index % 4]}",
            state=State.FAIL,
            subject=f"src/features/{'deep/' * (index % 3)}tokens.py",
            actual=f"{1 + index % 7} findings",
            expected="0 findings",
            detail="`os` imported but unused; remove it, or run `ruff check --fix`.",
            places=[
                f"src/features/tokens.py:{12 + place * 31}:5 `os` imported but unused" for place in range(1 + index % 5)
            ],
        )
        for index in range(findings)
    ]
    checks += [Check(id="mypy", state=State.PASS, subject="src tests", actual="0 errors", expected="0 errors")]
    return Evidence(
        stage="lint",
        state=State.FAIL if findings else State.PASS,
        headline=f"{findings} findings in 14 files" if findings else "no findings in 14 files",
        seconds=0.84,
        facts={"ruff": "0.17.6", "mypy": "2.4.1", "files": 14},
        checks=checks,
    )


def data(failing: bool = False) -> Evidence:
    lengths = [round(620 * math.exp(-(((x - 9) / 6) ** 2))) + 3 for x in range(28)]
    checks = [
        Check(id=f"{column}_{rule}", state=State.PASS, subject=column, actual="0 rows", expected="0 rows")
        for column in ("text", "label", "timestamp", "source")
        for rule in ("present", "type", "not_null")
    ]
    checks.append(Check(id="no_leakage", state=State.PASS, subject="text", actual="0 shared rows", expected="0"))
    checks.append(
        Check(
            id="drift_source",
            state=State.WARN,
            required=False,
            subject="source",
            actual="8.0 % moved, p < 0.0001",
            expected="at most 5 % of the rows moved",
            detail="'amazon': 44.0 % of the rows, 36.0 % in the reference.",
        )
    )
    if failing:
        checks += [
            Check(
                id="label_values",
                state=State.FAIL,
                subject="label",
                actual='7 rows: "3", "neg"',
                expected="one of 0, 1, 2",
                detail="Labels outside the contract cannot be learned; drop the rows or extend the contract.",
                places=[
                    "data/train.csv:114 label=3",
                    "data/train.csv:2051 label=neg",
                    "data/train.csv:3370 label=3",
                ],
            ),
            Check(
                id="text_length",
                state=State.FAIL,
                subject="text",
                actual="31 rows shorter than 10 characters",
                expected="length between 10 and 300",
                detail="Texts this short carry no sentiment; drop them in the script that makes the data.",
                places=[
                    f'data/train.csv:{n} "{t}"' for n, t in ((8, "ok"), (91, "meh 😐"), (402, "良い"), (977, ":)"))
                ],
            ),
        ]
    return Evidence(
        stage="validate_data",
        state=State.FAIL if failing else State.PASS,
        headline="2 of 16 checks failed on 6,000 rows" if failing else "14 checks on 6,000 rows",
        seconds=1.12,
        facts={
            "rows_train": 4800,
            "rows_holdout": 1200,
            "columns": 4,
            "duplicate_rows": 0,
            "contract": "contract.yaml (ODCS 3.1)",
            "digest": "sha256:9f0c1b7f1b6a4f1e8f3a5d17a90e8a51c0c4d0fdd19f3a31ccf7a7a0f0d8e2b1",
        },
        checks=checks,
        charts=[
            Bars(
                title="Rows by class",
                labels=["negative", "neutral", "positive"],
                values=[1432, 1221, 3347],
                unit="rows",
            ),
            Pairs(
                title="source, train beside the reference",
                series=("reference", "here"),
                labels=["tweets", "amazon"],
                values=[(64.0, 56.0), (36.0, 44.0)],
                unit="%",
            ),
            Histogram(
                title="Length of text",
                edges=[5.0 + 5 * i for i in range(29)],
                counts=lengths,
                x_label="characters",
            ),
        ],
    )


def evaluation() -> Evidence:
    return Evidence(
        stage="evaluate",
        state=State.PASS,
        headline="macro-F1 0.672 on 1,200 rows",
        seconds=14.3,
        facts={
            "rows": 1200,
            "accuracy": 0.7233,
            "f1_macro": 0.67204,
            "p95_ms": 0.412,
            "peak_rss_bytes": 84_213_760,
        },
        checks=[Check(id="predictions", state=State.PASS, actual="1,200", expected="1,200, all known labels")],
        charts=[
            Matrix(
                title="Confusion matrix",
                rows=["negative", "neutral", "positive"],
                columns=["negative", "neutral", "positive"],
                counts=[[181, 48, 57], [39, 121, 84], [41, 63, 566]],
            ),
            Histogram(
                title="Latency of one row",
                edges=[0.1, 0.15, 0.2, 0.3, 0.45, 0.7, 1.0, 1.5],
                counts=[12, 140, 171, 60, 12, 4, 1],
                x_label="milliseconds",
            ),
            Bars(
                title="F1 by source",
                labels=["tweets", "amazon reviews, verified purchases"],
                values=[0.701, 0.588],
            ),
        ],
    )


def gate(failing: bool = False, smoke: bool = False) -> Evidence:
    state = State.FAIL if failing else State.PASS
    why = "The whole interval must lie above the threshold; look at slice source=amazon in the evaluation."
    return Evidence(
        stage="gate",
        state=State.PASS if smoke else state,
        headline="1 of 4 required rules failed" if failing else "4 of 4 required rules passed",
        smoke=smoke,
        seconds=0.31,
        facts={"candidate": "sha256:11aa", "baseline": None},
        checks=[
            Check(
                id="accuracy",
                state=State.PASS,
                subject="accuracy",
                actual="0.723 [0.698, 0.748]",
                expected=">= 0.69",
            ),
            Check(
                id="f1_macro_floor",
                state=state,
                required=not smoke,
                subject="f1_macro",
                actual="0.672 [0.643, 0.699], n=1200" if not failing else "0.612 [0.583, 0.639], n=1200",
                expected=">= 0.64, baseline 0.668",
                detail=why if failing else "",
            ),
            Check(
                id="amazon_slice",
                state=State.INSUFFICIENT,
                required=False,
                subject="f1_macro, source=amazon",
                actual="n=41",
                expected="n >= 100",
                detail="Too few rows to judge; add rows of this slice to the holdout.",
            ),
            Check(
                id="image_size",
                state=State.SKIP,
                subject="image_bytes",
                detail="no image on the local runner",
            ),
        ],
        charts=[
            Intervals(
                title="Metrics against their thresholds",
                items=[
                    Interval(label="accuracy", value=0.723, low=0.698, high=0.748, threshold=0.69),
                    Interval(
                        label="f1_macro",
                        value=0.612 if failing else 0.672,
                        low=0.583 if failing else 0.643,
                        high=0.639 if failing else 0.699,
                        threshold=0.64,
                        state=state,
                    ),
                    Interval(
                        label="f1_macro, source=amazon",
                        value=0.588,
                        low=0.42,
                        high=0.74,
                        state=State.INSUFFICIENT,
                    ),
                ],
            ),
            Intervals(
                title="Speed and difference",
                items=[
                    Interval(label="p95_ms", value=3.1, low=2.9, high=3.4, threshold=5),
                    Interval(label="f1_macro minus baseline", value=-0.004, low=-0.02, high=0.011, threshold=-0.01),
                ],
            ),
        ],
    )


def hostile() -> Evidence:
    """Evidence whose every text tries to be markup."""
    return Evidence(
        stage="lint",
        state=State.FAIL,
        headline=HOSTILE,
        facts={HOSTILE: HOSTILE},
        checks=[
            Check(
                id=HOSTILE,
                state=State.FAIL,
                subject=HOSTILE,
                actual=HOSTILE,
                expected=HOSTILE,
                detail=HOSTILE,
                places=[HOSTILE],
            )
        ],
        charts=[
            Bars(title=HOSTILE, labels=[HOSTILE], values=[1.0], unit=HOSTILE),
            Pairs(title=HOSTILE, series=(HOSTILE, HOSTILE), labels=[HOSTILE], values=[(1.0, 2.0)], unit=HOSTILE),
            Histogram(title=HOSTILE, edges=[0, 1], counts=[1], x_label=HOSTILE),
            Matrix(
                title=HOSTILE,
                rows=[HOSTILE],
                columns=[HOSTILE],
                counts=[[1]],
                row_label=HOSTILE,
                column_label=HOSTILE,
            ),
            Table(title=HOSTILE, head=[HOSTILE, HOSTILE], rows=[[HOSTILE, 1.5]]),
            Intervals(title=HOSTILE, items=[Interval(label=HOSTILE, value=1.0, low=0.5, high=2, threshold=1)]),
        ],
    )


def passing_report(directory: Path, smoke: bool = False) -> Path:
    """Leave the evidence of a local run that passes, without an index."""
    passed = Evidence(stage="test", state=State.PASS, headline="41 passed", seconds=3.2)
    trained = Evidence(stage="train", state=State.PASS, headline="10 epochs, loss 0.412", seconds=184.0)
    write(lint(), "lint", directory / "lint")
    write(passed, "test", directory / "test")
    write(data(), "data", directory / "data")
    write(trained, "training", directory / "training")
    write(evaluation(), "evaluation", directory / "evaluation")
    write(gate(smoke=smoke), "gate", directory / "gate")
    outcomes = {"build_image": {"state": "SKIP", "message": "Building an image needs a container engine."}}
    requested = ["lint", "test", "validate_data", "train", "build_image", "evaluate", "gate"]
    run = {
        "schema_version": 1,
        "project": "sentiment",
        "smoke": smoke,
        "revision": "4f2a9c1",
        "requested": requested,
        "outcomes": outcomes,
    }
    (directory / "run.json").write_text(json.dumps(run), "utf-8")
    return directory


def failing_report(directory: Path) -> Path:
    """Leave the evidence of a run whose lint and data fail."""
    write(lint(40), "lint", directory / "lint")
    write(data(failing=True), "data", directory / "data")
    skipped = {"state": "SKIP", "message": "Skipped: lint and validate_data did not pass."}
    outcomes: dict[str, object] = dict.fromkeys(("train", "build_image", "evaluate", "gate"), skipped)
    outcomes["test"] = {
        "state": "ERROR",
        "message": "requirements-dev.txt cannot be resolved: no version of numpy==99.0; mend it there.",
        "exit_code": 11,
    }
    requested = ["lint", "test", "validate_data", "train", "build_image", "evaluate", "gate"]
    (directory / "run.json").write_text(json.dumps({"requested": requested, "outcomes": outcomes}), "utf-8")
    return directory


if __name__ == "__main__":
    root = Path(sys.argv[1])
    build_index(passing_report(root / "passing"))
    build_index(passing_report(root / "smoke", smoke=True))
    build_index(failing_report(root / "failing"))
    write(gate(failing=True), "gate", root / "gate failing")
    write(hostile(), "hostile", root / "hostile")
