"""What each command does. Every one imports only what it uses, when it runs."""

from __future__ import annotations

import json
import shutil
import sys
import time
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ml_steps.output import fresh, make, whole

if TYPE_CHECKING:
    from ml_steps.evidence import Evidence
    from ml_steps.model.training import TrainingData
    from ml_steps.project import Project


def lint(options: Namespace) -> int:
    """Run the linters, or judge what they said."""
    from ml_steps.code.lint import judge
    from ml_steps.local import Workshop

    fresh(options.out, "lint", "lint.sarif")
    with Workshop(options.source) as shop:
        evidence, sarif = judge(options.collected or shop.collect_lint())
    (options.out / "lint.sarif").write_text(json.dumps(sarif, indent=2) + "\n", encoding="utf-8")
    return _finish(evidence, "lint", options)


def test(options: Namespace) -> int:
    """Run the test suite, or judge its report."""
    from ml_steps.code.suite import judge
    from ml_steps.local import Workshop

    fresh(options.out, "test")
    with Workshop(options.source) as shop:
        folder = options.collected or shop.collect_test()
        evidence = judge(folder)
        shutil.copyfile(folder / "junit.xml", options.out / "junit.xml")
    return _finish(evidence, "test", options)


def validate(options: Namespace) -> int:
    """Check the data against its contract, or its structure where there is none."""
    from ml_steps.data import reference
    from ml_steps.data.validate import validate as check
    from ml_steps.project_folder import in_project

    _apart(options)
    fresh(options.out, "data", reference.NAME)
    if options.data and options.contract and options.source == Path() and not in_project(Path()):
        evidence = check(options.data, options.contract, None, against=options.reference)
    else:
        project = _project(options)
        contract = options.contract or _contract(options, project)
        evidence = check(_data(options, project), contract, project, against=options.reference)
    (options.out / reference.NAME).write_text(reference.Profile(files=evidence.files).to_json(), encoding="utf-8")
    return _finish(evidence, "data", options)


def train(options: Namespace) -> int:
    """Train, or record what a training run made."""
    from ml_steps import stages
    from ml_steps.local import Workshop
    from ml_steps.model.training import judge, read_training_data

    with whole(options.out, "training", folder="model"):
        project = _project(options)
        epochs = stages.epochs_of(project, options.epochs, options.smoke)
        with Workshop(options.source) as shop:
            described = options.training_data
            if described is None or not options.collected:
                described = shop.folder("training-data")
                _describe(project, options, described)
            if options.rows_to is not None:  # what score would refuse costs no training
                _write_cases(project, options, read_training_data(described), options.rows_to)
                _write_rows(project, options, options.rows_to)
            folder = options.collected or shop.collect_train(_data(options, project), described, epochs, options.smoke)
            evidence = judge(folder, described, options.out / "model", epochs=epochs, smoke=options.smoke)
        (options.out / "model" / "training.json").write_text(evidence.to_json(), encoding="utf-8")
        return _finish(evidence, "training", options)


def score(options: Namespace) -> int:
    """Score a model in the project's serving environment on this machine."""
    from ml_steps.errors import SetupError
    from ml_steps.local import Workshop
    from ml_steps.model.training import FILE, TrainingEvidence

    files = ("manifest.json", "predictions.jsonl", "scoring.json", "timings.json", "paired-timings.json", "server.json")
    # Predictions of a model whose server is broken must not be evaluated as if it were none.
    with whole(options.out, "", *files):
        project = _project(options)
        if not options.keep_rows:
            _write_rows(project, options, options.out)
        elif not (options.out / "rows.jsonl").is_file():
            raise SetupError(f"--keep-rows: {options.out} holds no rows.jsonl; write it first, with `ml-steps rows`.")
        _write_cases(project, options, TrainingEvidence.load(options.model / FILE).data, options.out)
        with Workshop(options.source) as shop:
            shop.collect_scores(options.model, options.out)
    print(f"scores written to {options.out}")
    return 0


def evaluate(options: Namespace) -> int:
    """Compute the metrics of scores."""
    from ml_steps.evaluation.evaluate import evaluate as compute

    started = time.monotonic()
    fresh(options.out, "evaluation", "predictions.parquet")
    evidence = compute(
        _project(options),
        options.scores,
        options.baseline,
        out=options.out,
        smoke=options.smoke,
        baseline_note=options.baseline_note,
        image_digest=options.image_digest or None,
    )
    scoring = evidence.scoring.load_seconds + evidence.scoring.seconds
    evidence.seconds = round(scoring + time.monotonic() - started, 3)
    return _finish(evidence, "evaluation", options)


def gate(options: Namespace) -> int:
    """Decide by the rules."""
    from ml_steps.evaluation.record import EvaluationEvidence
    from ml_steps.gate.judge import judge
    from ml_steps.report.load import line_of, load_of
    from ml_steps.stages import BY_NAME

    def report(folder: Path | None, name: str) -> Evidence | None:
        if folder is None:
            return None
        evidence = load_of(BY_NAME[name], folder)
        return evidence.model_copy(update={"state": line_of(BY_NAME[name], evidence).state})

    started = time.monotonic()
    fresh(options.out, "gate")
    evidence = judge(
        _project(options),
        EvaluationEvidence.load(options.evaluation / "evaluation.json"),
        report(options.data_report, "validate_data"),
        report(options.test_report, "test"),
    )
    evidence.seconds = round(time.monotonic() - started, 3)
    return _finish(evidence, "gate", options)


def report(options: Namespace) -> int:
    """Build the index page."""
    from ml_steps.report.index import build_index

    build_index(options.directory)
    print(f"report written to {options.directory / 'index.html'}")
    return 0


def verdict(options: Namespace) -> int:
    """Print the table of a report or a stage and exit with its code."""
    from ml_steps.report.verdict import verdict as judge

    text, exit_code = judge(options.directory)
    print(f"{text}\n{options.hint}" if options.hint and exit_code else text)
    return exit_code


def run(options: Namespace) -> int:
    """Run every stage on this machine."""
    from ml_steps.runner import run as run_stages

    _apart(options)
    names = tuple(name.strip() for name in options.stages.split(",") if name.strip())
    return run_stages(
        options.source,
        options.data,
        options.out,
        reference=options.reference,
        epochs=options.epochs,
        smoke=options.smoke,
        names=names,
    )


def contract_infer(options: Namespace) -> int:
    """Print a first contract, written from the data."""
    from ml_steps.data.starter import write
    from ml_steps.data.survey import further, survey

    project = _project(options)
    data = _data(options, project)
    found, others = survey(data, project), further(data, project)
    classes = project.config.task == "classification"
    text = write(found, options.source.resolve().name, project.config.evaluate.target, classes, others)
    sys.stdout.buffer.write(text.encode())  # a file, whatever the terminal can show
    return 0


def contract_check(options: Namespace) -> int:
    """Check a contract without data."""
    from ml_steps.data.sound import check

    print(check(options.file))
    return 0


def rows(options: Namespace) -> int:
    """Write the holdout as typed rows."""
    _write_rows(_project(options), options, options.out)
    return 0


def cases(options: Namespace) -> int:
    """Write the behavioural cases as rows, and what is expected of each; nothing where the project has none."""
    from ml_steps.errors import SetupError
    from ml_steps.model.training import FILE, TrainingEvidence, read_training_data

    if options.model is not None:
        trained_on = TrainingEvidence.load(options.model / FILE).data
    elif options.training_data is not None:
        trained_on = read_training_data(options.training_data)
    else:
        raise SetupError("cases: neither --model nor --training-data is given; expected one of them.")
    _write_cases(_project(options), options, trained_on, options.out)
    return 0


def measure(options: Namespace) -> int:
    """Time two models in turn."""
    from ml_steps.latency import paired
    from ml_steps.latency.client import TimingService, address

    fresh(options.out, "", paired.NAME)
    places = {name: address(name, getattr(options, name)) for name in ("candidate", "baseline")}
    with (
        TimingService("candidate", places["candidate"], options.timeout) as candidate,
        TimingService("baseline", places["baseline"], options.timeout) as baseline,
    ):
        timings = paired.measure(candidate, baseline)
    (options.out / paired.NAME).write_text(timings.to_json(), encoding="utf-8")
    return 0


def training_data(options: Namespace) -> int:
    """Describe the training file, and cut it for a smoke run."""
    _describe(_project(options), options, options.out)
    return 0


def manifest(options: Namespace) -> int:
    """Write the manifest that an image carries, and the stage's evidence."""
    from ml_steps.evidence import Evidence, State, canonical
    from ml_steps.model.manifest import manifest as build

    fresh(options.out, "image", "model.json")
    project = _project(options)
    payload = build(
        project, options.model, python=options.python, workdir=options.workdir, model_path=options.model_path
    )
    (options.out / "model.json").write_text(canonical(payload), encoding="utf-8")
    image = project.config.image
    evidence = Evidence(
        stage="build_image",
        state=State.PASS,
        headline=f"to serve on port {image.port}, model {payload['model_digest'][:19]}",
        smoke=payload["smoke"],
        facts={
            "command": " ".join(image.command),
            "port": image.port,
            "health": image.health,
            "predictor": payload["predictor"],
            "model digest": payload["model_digest"],
        },
    )
    return _finish(evidence, "image", options)


def cuda_requirements(options: Namespace) -> int:
    """Write the requirements without what the CUDA image brings."""
    from ml_steps.errors import SetupError
    from ml_steps.model.cuda import OVERRIDES, without_torch

    make(options.out)
    (options.out / options.overrides).write_text(OVERRIDES, encoding="utf-8")
    for name in options.files:
        try:
            text = (options.folder / name).read_text(encoding="utf-8")
        except (OSError, ValueError) as error:
            raise SetupError(
                f"{name}: cannot be read in {options.folder} ({error}); expected a requirements file; "
                "correct [tool.ml-pipeline.dependencies] cuda."
            ) from None
        kept = without_torch(text, name, options.torch_version)
        target = options.out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(kept, encoding="utf-8")
    return 0


def _write_rows(project: Project, options: Namespace, out: Path) -> None:
    from ml_steps.data.rows import write_rows

    fresh(out, "", "rows.jsonl", "targets.parquet", "holdout.json")
    limit = project.config.train.smoke.rows if options.smoke else None
    write_rows(project, _data(options, project), _contract(options, project), out, limit=limit)


def _write_cases(project: Project, options: Namespace, trained_on: TrainingData, out: Path) -> None:
    from ml_steps.evaluation.cases import FILE, PREDICTIONS, ROWS, write_cases

    fresh(out, "", FILE, PREDICTIONS, ROWS)
    settings = project.config.evaluate
    if (name := settings.cases) is not None:
        write_cases(Path(options.source) / name, name, trained_on, out, protected=settings.protected)


def _describe(project: Project, options: Namespace, out: Path) -> None:
    from ml_steps.data.training import describe_training

    cut = project.config.train.smoke.rows if options.smoke else None
    with whole(out, "", "training-data.json", "profile.json", folder="data"):
        describe_training(project, _data(options, project), _contract(options, project), out, smoke_rows=cut)


def _project(options: Namespace) -> Project:
    from ml_steps.project_folder import read_project

    return read_project(options.source)


def _data(options: Namespace, project: Project) -> Path:
    given: Path | None = options.data
    return given or Path(options.source) / project.config.data.directory


def _contract(options: Namespace, project: Project) -> Path | None:
    from ml_steps.errors import SetupError

    name = project.config.data.contract
    path = Path(options.source) / name if name else None
    if path is not None and not path.is_file():
        raise SetupError(
            f'pyproject.toml: [tool.ml-pipeline.data] contract = "{name}": there is no such file in the project; '
            "write it, correct the name, or drop the setting."
        )
    return path


def _apart(options: Namespace) -> None:
    """Refuse a reference in --out, where an earlier run's files are removed. Raises SetupError."""
    from ml_steps.errors import SetupError

    given: Path | None = options.reference
    if given and given.resolve().is_relative_to(options.out.resolve()):
        raise SetupError(
            f"--reference {given}: it lies in --out {options.out}, which is cleared first; give another --out."
        )


def _finish(evidence: Evidence, name: str, options: Namespace) -> int:
    """Write the evidence and its pages, print its table, and return the exit code."""
    from ml_steps.report.terminal import show
    from ml_steps.report.write import write

    write(evidence, name, options.out)
    show(evidence)
    return 0 if getattr(options, "exit_zero", False) else evidence.exit_code()
