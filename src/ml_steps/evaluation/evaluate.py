"""From a scores folder to the evidence of an evaluation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.metrics import confusion_matrix

from ml_steps.evaluation import agreement, behaviour, calibration, measured, timed
from ml_steps.evaluation.charts import charts
from ml_steps.evaluation.export import write_predictions
from ml_steps.evaluation.record import Baseline, CalibrationBin, EvaluationEvidence
from ml_steps.evaluation.scores import Scores, read_scores
from ml_steps.evidence import Check, State
from ml_steps.project import Project
from ml_steps.report.text import number


def evaluate(  # noqa: PLR0913 - one path a keyword
    project: Project,
    scores: Path,
    baseline: Path | None,
    *,
    out: Path,
    smoke: bool,
    baseline_note: str,
    image_digest: str | None = None,
) -> EvaluationEvidence:
    """Read the scores of the candidate and of the baseline (None: there is none), and measure.

    Writes predictions.parquet into the folder `out`. A model or rows of a smoke run make a smoke evaluation.
    `baseline_note` is the baseline's reference, or says why there is none; empty: neither is known. `image_digest` is
    the candidate's, where that is an image. Raises SetupError for files that are missing or do not fit together,
    FailedError, naming the row, for predictions that break the predictor's contract.
    """
    found = read_scores(project, scores, baseline)
    candidate, other = found.candidate, found.baseline
    cases = behaviour.judge_cases(scores, found.labels)
    metrics = [*measured.measure(project, found), *behaviour.measure(cases), *timed.measure(found)]
    evidence = EvaluationEvidence(
        state=State.PASS,
        headline="",
        smoke=smoke or candidate.manifest.smoke or found.holdout.smoke,
        task=candidate.manifest.task,
        rows=len(found.targets.values),
        classes=None if found.labels is None else found.labels.names,
        model_digest=candidate.manifest.model_digest,
        image_digest=image_digest,
        data_digest=f"sha256:{found.holdout.sha256}",
        metrics=metrics,
        confusion=_confusion(found),
        calibration=_calibration(found),
        cases=cases,
        pooled={name: parts.pooled for name, parts in found.targets.parts.items() if parts.pooled},
        scoring=candidate.scoring,
        timings=candidate.timings,
        server=candidate.server,
        baseline=Baseline(
            note=baseline_note or ("given with --baseline" if other is not None else "none was given"),
            compared=other is not None,
            model_digest=other.manifest.model_digest if other else None,
            scoring=other.scoring if other else None,
            timings=other.timings if other else None,
        ),
        checks=[*_checks(found), *agreement.checks(found), *timed.checks(found), *behaviour.checks(cases)],
    )
    evidence.headline = _headline(evidence)
    evidence.charts = charts(evidence)
    evidence.facts = _facts(evidence, found)
    out.mkdir(parents=True, exist_ok=True)
    write_predictions(scores, out / "predictions.parquet")
    return evidence


def _confusion(scores: Scores) -> list[list[int]] | None:
    if scores.labels is None:
        return None
    codes = np.arange(len(scores.labels.classes))
    counts: list[list[int]] = confusion_matrix(
        scores.targets.values, scores.candidate.answers.values, labels=codes
    ).tolist()
    return counts


def _calibration(scores: Scores) -> list[CalibrationBin]:
    probabilities = scores.candidate.answers.probabilities
    return [] if probabilities is None else calibration.reliability(scores.targets.values, probabilities)


def _checks(scores: Scores) -> list[Check]:
    rows = f"{len(scores.targets.values):,} rows"
    kind = "a finite number" if scores.labels is None else "a known class"
    checks = [Check(id="predictions", state=State.PASS, actual=rows, expected=f"{kind} for every row")]
    server = Check(id="server", state=State.SKIP, expected="the server answers as the predictor does")
    measured = scores.candidate.server
    if measured is None:
        server.detail = "No server was run, so that only the predictor was judged."
    elif measured.compared == 0:
        server.state, server.actual = State.PASS, f"healthy after {measured.health_seconds:.1f} s"
        server.expected = "the server is healthy"
        server.detail = "Name [tool.ml-pipeline.image] predict to compare its answers with the predictor's as well."
    else:
        server.state = State.PASS
        server.actual = f"{measured.compared:,} rows alike, healthy after {measured.health_seconds:.1f} s"
    return [*checks, server]


def _facts(evidence: EvaluationEvidence, scores: Scores) -> dict[str, str | int | float | None]:
    facts: dict[str, str | int | float | None] = {
        "rows": evidence.rows,
        "data": f"{scores.holdout.file}, {evidence.data_digest}",
        "model": evidence.model_digest,
        "image": evidence.image_digest,
        "code": evidence.scoring.code_digest,
        "Python": evidence.scoring.python,
        "baseline": evidence.baseline.note,
    }
    if evidence.baseline.scoring is not None:
        facts["baseline's model"] = evidence.baseline.model_digest
        facts["baseline's code"] = evidence.baseline.scoring.code_digest
    return facts


def _headline(evidence: EvaluationEvidence) -> str:
    first, second = ("accuracy", "f1_macro") if evidence.task == "classification" else ("rmse", "r2")
    shown = {"f1_macro": "macro-F1", "rmse": "RMSE", "r2": "R²"}
    parts = []
    for name in (first, second):
        entry = evidence.entry(name)
        if entry is not None and entry.value is not None:
            parts.append(f"{shown.get(name, name)} {number(entry.value, [1])}")
    return f"{', '.join(parts) or 'nothing that is defined'} on {evidence.rows:,} rows"
