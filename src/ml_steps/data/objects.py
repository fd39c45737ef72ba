"""The files that the objects of a contract stand for, and the object that describes a file of the project."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ml_steps.data import files
from ml_steps.data.contract import Contract, Object
from ml_steps.data.files import Found


def find(data: Path, contract: Contract, one: Object) -> Found:
    """Return the files of an object. Raises SetupError naming the contract's line where they cannot be found."""
    return files.find(data, one.pattern, mend=_mend(contract, one))


def describing(data: Path, contract: Contract, file: Found, role: str) -> Object | None:
    """Return the object with the same files as a role's; those whose files are not here are passed over.

    Raises SetupError as `find` and `refuse_overlap` do.
    """
    there = [one for one in contract.objects if files.matches(data, one.pattern, mend=_mend(contract, one))]
    found = [(one, find(data, contract, one).parts) for one in there]
    same = next((one for one, parts in found if files.same(parts, file.parts)), None)
    if same is None:
        refuse_overlap(contract, found, file, role)
    return same


def refuse_overlap(
    contract: Contract, found: Iterable[tuple[Object, tuple[Path, ...]]], file: Found, role: str
) -> None:
    """Raise SetupError for an object with some of a role's files, or with more: it would be taken for the role's.

    `role` is its setting, such as `train = "train.*"`.
    """
    of_role = {path.resolve() for path in file.parts}
    for one, parts in found:
        if of_role.intersection(path.resolve() for path in parts):
            raise contract.document.error(
                (*one.place, "physicalName"),
                f'the object "{one.name}" names {one.pattern}, which are not the same files as {role} in '
                "[tool.ml-pipeline.data] of pyproject.toml; name the same in both",
            )


def _mend(contract: Contract, one: Object) -> str:
    where = contract.document.where((*one.place, "physicalName"))
    return f'name the file in physicalName of the object "{one.name}" ({where}) or pass another folder with --data'
