"""The standard's `relationships`: every value of the one file must be there in the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from ml_steps.data.contract import Contract, Object, Relationship
from ml_steps.data.document import Place
from ml_steps.data.overlap import references
from ml_steps.data.partners import keys, partner
from ml_steps.data.statement import Statement


def of_object(contract: Contract, owner: Object) -> Iterator[Statement]:
    """Yield the statements of the relationships of an object and of its properties.

    Raises SetupError naming file and line for a reference to what the contract does not name.
    """
    for found in owner.relationships:
        yield _statement(contract, owner, found, _names(contract, owner, found))
    for column in owner.columns:
        for found in column.relationships:
            made = _statement(contract, owner, found, [column.alias])
            yield replace(made, id=f"{owner.name}.{column.name}.references")


def _statement(contract: Contract, owner: Object, found: Relationship, names: list[str]) -> Statement:
    place = (*found.place, "to")
    targets = [_split(contract, place, one) for one in _listed(found.data["to"])]
    if len({name for name, _ in targets}) != 1 or len(targets) != len(names):
        raise contract.document.error(place, f"expected {len(names)} columns of one object, as in {owner.name}.id")
    other = partner(contract, owner, targets[0][0], place, itself=True)
    compared = keys(contract, place, (owner, names), (other, [column for _, column in targets]))
    made = references(owner.name, other.name, *compared)
    return replace(made, rule=contract.document.where(found.place))


def _names(contract: Contract, owner: Object, found: Relationship) -> list[str]:
    """Return the columns that an object's own relationship starts from."""
    place = (*found.place, "from")
    pairs = [_split(contract, place, one) for one in _listed(found.data["from"])]
    for name, _ in pairs:
        if name != owner.name:
            raise contract.document.error(place, f'"{name}" is another object; expected columns of {owner.name}')
    return [column for _, column in pairs]


def _split(contract: Contract, place: Place, reference: str) -> tuple[str, str]:
    name, _, column = reference.partition(".")
    if "/" in reference or not column:
        raise contract.document.error(place, f'"{reference}" is not enforced; expected object.property')
    return name, column


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
