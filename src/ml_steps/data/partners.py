"""Another object of the contract, and the columns in which two objects are compared."""

from __future__ import annotations

from ml_steps.data.builders import compared, unreadable
from ml_steps.data.contract import Column, Contract, Object
from ml_steps.data.document import Place
from ml_steps.data.overlap import Keys, Side
from ml_steps.project import nearest

_FAMILY = {"string": None, "integer": "number", "date": "timestamp"}
"""Types that can be compared with each other have the same name here."""


def partner(contract: Contract, owner: Object, name: str, place: Place, *, itself: bool = False) -> Object:
    """Return another object, or `itself`, by its name; raises SetupError where there is none."""
    others = [other for other in contract.objects if itself or other is not owner]
    found = next((other for other in others if other.name == name), None)
    if found is None:
        valid = [other.name for other in others]
        hint = nearest(name, valid) or (
            f"expected one of {', '.join(valid) or 'none: there is no other'}; state a schema object for that file"
        )
        other = "" if itself else "other "
        raise contract.document.error(place, f'there is no {other}object "{name}"; {hint.strip()}')
    return found


def pair(
    contract: Contract, place: Place, ours: tuple[Object, str], theirs: tuple[Object, str]
) -> tuple[Column, Column]:
    """Return a column of one object and the one of another with which it is compared.

    Raises SetupError where one is not there, or where their types cannot be equal.
    """
    one, other = (contract.column(owner, name, place) for owner, name in (ours, theirs))
    if _FAMILY.get(one.logical or "string", one.logical) != _FAMILY.get(other.logical or "string", other.logical):
        raise contract.document.error(
            place,
            f"{ours[0].name}.{one.name} is {one.logical or 'a text'}, {theirs[0].name}.{other.name} is "
            f"{other.logical or 'a text'}; expected the same logicalType",
        )
    return one, other


def keys(
    contract: Contract, place: Place, ours: tuple[Object, list[str]], theirs: tuple[Object, list[str]]
) -> tuple[Keys, str]:
    """Return the columns to compare in pairs, and the one whose value may be shown (empty: none).

    Raises SetupError as `pair` does.
    """
    (owner, names), (other, targets) = ours, theirs
    found: Keys = {}
    hidden = False
    for name, target in zip(names, targets, strict=True):
        one, two = pair(contract, place, (owner, name), (other, target))
        mixed = {one.logical, two.logical} == {"integer", "number"}
        found[one.name] = (_side(owner, one, mixed), _side(other, two, mixed))
        hidden = hidden or one.hidden or two.hidden
    return found, "" if hidden else next(iter(found))


def _side(owner: Object, column: Column, mixed: bool) -> Side:
    return Side(column.name, compared(owner, column.name, mixed=mixed), unreadable(owner, column.name))
