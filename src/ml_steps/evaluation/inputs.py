"""Reads the JSON files of a scores folder into their models."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator

from ml_steps.errors import SetupError
from ml_steps.evaluation.labels import Label
from ml_steps.evidence import first_fault
from ml_steps.metrics import Task

ModelT = TypeVar("ModelT", bound=BaseModel)


class Manifest(BaseModel):
    """manifest.json, what an image says of its model; keys that are not needed here are let through."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    protocol: Literal[1]
    task: Task
    target: str
    classes: tuple[Label, ...] | None = None
    model_digest: str
    smoke: bool = False
    """Trained by a smoke run."""

    @model_validator(mode="after")
    def _classes_fit_the_task(self) -> Self:
        if self.task == "classification" and not self.classes:
            raise ValueError("classes must list the labels of a classification model")
        if self.classes is not None and len(set(map(repr, self.classes))) < len(self.classes):
            raise ValueError("classes names a label twice")
        return self


class Holdout(BaseModel):
    """holdout.json: the file that the rows are from."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    file: str
    sha256: str
    smoke: bool = False
    """Cut by a smoke run."""


def read_json(path: Path, model: type[ModelT]) -> ModelT:
    """Read a file of the scores folder.

    Raises SetupError when it is missing, cannot be read, is not JSON, or lacks a key that is needed.
    """
    try:
        return model.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise SetupError(
            f"{path}: this file is missing; expected a folder that `ml-steps score` wrote; score the model first."
        ) from None
    except OSError as error:
        raise SetupError(
            f"{path}: cannot be read ({error.strerror}); expected a folder that `ml-steps score` wrote; pass it."
        ) from None
    except ValidationError as error:
        where, fault = first_fault(error)
        raise SetupError(
            f"{path}: {where}: {fault}; score again with this version of the module, or rebuild the image."
        ) from None


def read_optional(path: Path, model: type[ModelT]) -> ModelT | None:
    """Read a file that is there only where something was measured; otherwise as `read_json`."""
    return read_json(path, model) if path.exists() else None
