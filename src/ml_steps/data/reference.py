"""What the data are compared with: the profile that an earlier run left, or that of a data set, made now."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal, Self

from pydantic import ValidationError, model_validator

from ml_steps.data import checks, files, profile
from ml_steps.data.contract import Contract, Object
from ml_steps.data.infer import kinds_of
from ml_steps.data.model import FileProfile
from ml_steps.data.plan import Part
from ml_steps.data.session import Session, open_session
from ml_steps.data.source import open_source
from ml_steps.data.stored import store
from ml_steps.errors import SetupError
from ml_steps.evidence import Record, first_fault

NAME = "profile.json"


class Profile(Record):
    """The distributions of a data set: all that is known of a reference."""

    schema_version: Literal[1] = 1
    files: list[FileProfile]

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len({file.name for file in self.files}) < len(self.files):
            raise ValueError("a profile needs each file once")
        return self

    @property
    def names(self) -> str:
        """The files' names, for a reader."""
        return ", ".join(file.name for file in self.files) or "nothing"

    def file(self, name: str) -> FileProfile | None:
        """Return the profile of one file, or None where there is none of that name."""
        return next((file for file in self.files if file.name == name), None)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a profile; raises SetupError when it is missing, is not JSON, or is of a version not known here."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except OSError as error:
            raise SetupError(
                f"--reference {path}: cannot be read ({error.strerror}); expected a {NAME}, or a folder with one or "
                "with data; pass another path."
            ) from None
        except ValidationError as error:
            where, fault = first_fault(error)
            raise SetupError(
                f"--reference {path}: {where} is not valid in a profile ({fault}); expected schema_version 1, "
                f"as `ml-steps validate` writes {NAME}; validate the reference data again."
            ) from None


def read(path: Path, wanted: Iterable[tuple[str, str, Object | None]], contract: Contract | None) -> Profile:
    """Return the profile of a reference: a profile.json, a folder that holds one (a model's), or a folder of data.

    `wanted` are the files that are compared: name, file or glob, and contract object. A data set is profiled first
    and compared as its profile would be.

    Raises SetupError when there is none of them, or the data cannot be read.
    """
    if not path.is_dir():
        if files.format_of(path):
            raise SetupError(f"--reference {path} is a data file; pass the folder that holds it, or a {NAME}.")
        return Profile.load(path)
    if (path / NAME).exists():
        return Profile.load(path / NAME)
    try:
        return profiled(path, wanted, contract, mend="put the file there, or pass another folder with --reference")
    except SetupError as error:
        raise SetupError(f"--reference {path}: {str(error).removeprefix(f'{path}: ')}") from None


def profiled(
    data: Path,
    wanted: Iterable[tuple[str, str, Object | None]],
    contract: Contract | None,
    *,
    mend: str = files.NEXT_STEP,
) -> Profile:
    """Return the profile of files of a data folder, given as in `read`.

    Raises SetupError when they cannot be read; `mend` is what to do where one is not there.
    """
    parts = [Part(open_source(name, *files.find(data, pattern, mend=mend)), found) for name, pattern, found in wanted]
    with open_session([part.source for part in parts]) as session:
        session.lock()
        return Profile(files=[of_part(session, part, contract) for part in parts])


def of_part(session: Session, part: Part, contract: Contract | None) -> FileProfile:
    """Return the profile of a file that is open."""
    shape, _ = checks.judge(session, part, kinds_of(session, part.source, part.object), contract)
    return profile.described(store(session, shape, part.object))
