"""A scores folder, read and checked, and the baseline's put beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from ml_steps.errors import FailedError, SetupError
from ml_steps.evaluation.inputs import Holdout, Manifest, read_json, read_optional
from ml_steps.evaluation.labels import Labels
from ml_steps.evaluation.predictions import Answers, read_predictions
from ml_steps.evaluation.record import PairedTimings, Scoring, Server, Timings
from ml_steps.evaluation.targets import Targets, read_targets
from ml_steps.project import Project


@dataclass(frozen=True)
class Predicted:
    """What one model answered on the holdout, and what that took."""

    manifest: Manifest
    answers: Answers
    """As codes of the candidate's classes, and probabilities in their order."""
    scoring: Scoring
    timings: Timings | None
    server: Server | None


@dataclass(frozen=True)
class Scores:
    """Truth and answers on the same n rows."""

    holdout: Holdout
    labels: Labels | None
    """None for regression."""
    targets: Targets
    candidate: Predicted
    baseline: Predicted | None
    paired: PairedTimings | None = None
    """Those of both models timed in turn; the two have their timings from there."""


def read_scores(project: Project, folder: Path, baseline: Path | None) -> Scores:
    """Read and check the candidate's scores and the baseline's, if there are any.

    Raises SetupError for files that are missing or do not fit together, FailedError, naming the row, for
    predictions that break the predictor's contract.
    """
    manifest = read_json(folder / "manifest.json", Manifest)
    if manifest.task != project.config.task:
        raise SetupError(
            f"{folder / 'manifest.json'}: the model was built for {manifest.task}, but pyproject.toml says "
            f'[tool.ml-pipeline] task = "{project.config.task}"; correct it there, and build the image again.'
        )
    if manifest.target != project.config.evaluate.target:
        raise SetupError(
            f'{folder / "manifest.json"}: the model was trained for the target "{manifest.target}", but pyproject.toml '
            f'says [tool.ml-pipeline.evaluate] target = "{project.config.evaluate.target}"; train and score again.'
        )
    holdout = read_json(folder / "holdout.json", Holdout)
    labels = Labels(manifest.classes) if manifest.task == "classification" and manifest.classes else None
    targets = read_targets(folder / "targets.parquet", labels, project)
    candidate = _predicted(folder, manifest, labels, len(targets.values))
    if baseline is None:
        return Scores(holdout, labels, targets, candidate, None)
    other = read_json(baseline / "manifest.json", Manifest)
    _check_comparable(baseline, other, manifest, labels)
    _check_same_rows(baseline, folder, holdout)
    older = _predicted(baseline, other, labels, len(targets.values))
    paired = read_optional(folder / "paired-timings.json", PairedTimings)
    if paired:
        candidate, older = replace(candidate, timings=paired.candidate), replace(older, timings=paired.baseline)
    return Scores(holdout, labels, targets, candidate, older, paired)


def _check_same_rows(baseline: Path, folder: Path, holdout: Holdout) -> None:
    """Refuse a baseline that says that it was scored on another file; in an image it is given the candidate's rows."""
    of_baseline = read_optional(baseline / "holdout.json", Holdout)
    if of_baseline and of_baseline.sha256 != holdout.sha256:
        raise SetupError(
            f"{baseline / 'holdout.json'}: the baseline was scored on {of_baseline.file}, sha256 "
            f"{of_baseline.sha256[:12]}…, the candidate ({folder}) on {holdout.file}, {holdout.sha256[:12]}…; expected "
            "the same rows; score both on the same holdout."
        )


def _predicted(folder: Path, manifest: Manifest, labels: Labels | None, rows: int) -> Predicted:
    scoring = read_json(folder / "scoring.json", Scoring)
    if scoring.rows != rows:
        raise FailedError(
            f"{folder / 'scoring.json'}: {scoring.rows:,} rows were scored, but there are {rows:,} "
            f"targets, so that row {min(scoring.rows, rows)} is in one only; score candidate and baseline "
            "on the same holdout."
        )
    return Predicted(
        manifest=manifest,
        answers=_in_order_of(labels, manifest, read_predictions(folder / "predictions.jsonl", labels, rows)),
        scoring=scoring,
        timings=read_optional(folder / "timings.json", Timings),
        server=read_optional(folder / "server.json", Server),
    )


def _in_order_of(labels: Labels | None, manifest: Manifest, answers: Answers) -> Answers:
    """Put probabilities, which stand in the order of the model's own classes, in that of the labels."""
    if labels is None or answers.probabilities is None:
        return answers
    own = Labels(manifest.classes or ())
    order = [own.code(label, 0, "manifest.json") for label in labels.classes]
    return Answers(answers.values, answers.probabilities[:, order])


def _check_comparable(folder: Path, baseline: Manifest, candidate: Manifest, labels: Labels | None) -> None:
    remedy = "leave --baseline out for a first release, if that is meant."
    if baseline.task != candidate.task:
        raise SetupError(
            f"--baseline {folder}: the baseline does {baseline.task}, the candidate {candidate.task}; they cannot be "
            f"compared; {remedy}"
        )
    if baseline.target != candidate.target:
        raise SetupError(
            f'--baseline {folder}: the baseline predicts "{baseline.target}", the candidate "{candidate.target}"; they '
            f"cannot be compared; {remedy}"
        )
    if baseline.smoke and not candidate.smoke:
        raise SetupError(
            f"--baseline {folder}: the baseline's model is of a smoke run, which is no release; train it in full."
        )
    if labels is not None and not labels.same_set(Labels(baseline.classes or ())):
        raise SetupError(
            f"--baseline {folder}: the baseline's classes are {list(baseline.classes or ())}, the candidate's "
            f"{list(labels.classes)}; metrics over different classes cannot be compared; {remedy}"
        )
