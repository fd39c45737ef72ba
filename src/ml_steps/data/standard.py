"""Which keys of the standard only describe, and which are refused; every other key is enforced.

tests/unit/data/test_data_standard.py walks the standard's JSON schema and holds every key to one of the three.
"""

from __future__ import annotations

from typing import Any

from ml_steps.data.document import Document, Place
from ml_steps.data.logical import MISSING_TEXT

_ELEMENT = ("id", "description", "physicalType", "businessName", "authoritativeDefinitions", "tags", "customProperties")
DESCRIPTIVE = {
    "root": (
        "tenant", "tags", "servers", "dataProduct", "description", "domain", "support", "price", "team", "roles",
        "slaDefaultElement", "slaProperties", "authoritativeDefinitions", "customProperties", "contractCreatedTs",
    ),
    "object": (*_ELEMENT, "dataGranularityDescription"),
    "column": (
        *_ELEMENT, "examples", "partitioned", "partitionKeyPosition", "encryptedName", "criticalDataElement",
        "transformSourceObjects", "transformLogic", "transformDescription",
    ),
    "rule": (
        "authoritativeDefinitions", "businessImpact", "customProperties", "dimension", "method", "schedule",
        "scheduler", "tags",
    ),
    "relationship": ("customProperties",),
}  # fmt: skip
"""Listed as "not enforced" in the report."""
REFUSED: dict[str, dict[str, str]] = {
    "column": {
        "properties": "the columns within a column are not enforced; write them out as columns of the file",
        "items": "the items of a column are not enforced; write an sql rule that looks into it",
    },
    "rule": {"rule": "rule is deprecated and not enforced; name the metric"},
}


class Notes:
    """Collects what is not enforced: keys, and where they stand as `file:line`."""

    def __init__(self, document: Document) -> None:
        """Begin with none."""
        self.document = document
        self._places: dict[str, list[str]] = {}

    @property
    def found(self) -> tuple[tuple[str, str], ...]:
        """Each key once, with the places where it stands."""
        return tuple((name, ", ".join(places)) for name, places in self._places.items())

    def add(self, name: str, place: Place) -> None:
        """Note one; what an alias says again stands in the same place."""
        places, where = self._places.setdefault(name, []), self.document.where(place)
        if where not in places:
            places.append(where)

    def of(self, kind: str, entry: dict[str, Any], place: Place) -> None:
        """Note the keys that only describe.

        Raises SetupError naming file and line for one that is refused.
        """
        for key, value in entry.items():
            if key in REFUSED.get(kind, {}):
                raise self.document.error((*place, key), REFUSED[kind][key])
            if key in DESCRIPTIVE[kind] and not _is_setting(kind, key, value):
                self.add(key, (*place, key))


def _is_setting(kind: str, key: str, value: Any) -> bool:
    """True for the custom properties of a column that are enforced: missingText alone is."""
    return kind == "column" and key == "customProperties" and all(one["property"] == MISSING_TEXT for one in value)
