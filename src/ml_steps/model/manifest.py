"""The manifest of a model in its place: what is needed to score it, wherever it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ml_steps.errors import SetupError
from ml_steps.model import training
from ml_steps.project import Project

PROTOCOL = 1


def manifest(project: Project, model: Path, *, python: str, workdir: str, model_path: str) -> dict[str, Any]:
    """Return what `/ml-pipeline/model.json` says in an image; paths are those inside it.

    Raises SetupError when the training record is missing, a file that it names is missing or altered, or the model was
    trained for another task or target, or on a column that is protected now.
    """
    if not (model / training.FILE).exists():
        raise SetupError(
            f"model: {training.FILE} is missing; expected the folder that train returned; export it with "
            "`dagger call train export --path=model`, or pass OUT/model of `ml-steps train`."
        )
    record = training.TrainingEvidence.load(model / training.FILE)
    _check_settings(project, record.data)
    actual = training.file_digests(model)
    for name, digest in record.files.items():
        if name not in actual:
            raise SetupError(f"model: {name} is missing; {training.FILE} names it; export the whole folder of train.")
        if actual[name] != digest:
            raise SetupError(
                f"model: {name} has sha256 {actual[name][:12]}…, {training.FILE} says {digest[:12]}…; "
                "it was changed after training; train again."
            )
    for name in sorted(set(actual) - set(record.files)):
        raise SetupError(f"model: {name} is not named in {training.FILE}; it was added after training; take it out.")
    image = project.config.image
    return {
        "protocol": PROTOCOL,
        "python": python,
        "workdir": workdir,
        "model_path": model_path,
        "predictor": project.config.evaluate.predictor,
        "task": project.config.task,
        "target": record.data.target,
        "input_columns": record.data.input_columns,
        "classes": record.data.classes,
        "model_digest": record.model_digest,
        "smoke": record.smoke,
        "server": {"command": list(image.command), "port": image.port, "health": image.health, "env": image.env},
    }


def _check_settings(project: Project, data: training.TrainingData) -> None:
    """Refuse a model that answers another question than the project asks now: it would be judged by other answers."""
    settings, where = project.config.evaluate, "[tool.ml-pipeline.evaluate]"
    stated = (
        ("[tool.ml-pipeline] task", data.task, project.config.task),
        (f"{where} target", data.target, settings.target),
    )
    for key, trained, asked in stated:
        if trained != asked:
            raise SetupError(
                f'model: it was trained for {key} = "{trained}", and pyproject.toml says "{asked}"; train again.'
            )
    for name in data.input_columns:
        if name in settings.protected:
            raise SetupError(
                f'model: it was trained on the column "{name}", which {where} protected of pyproject.toml names now; '
                "train again."
            )
