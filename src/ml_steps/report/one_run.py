"""Whether the stages of a report are of one run: of one model, and of one holdout."""

from __future__ import annotations

from collections.abc import Mapping

from ml_steps.evidence import HOLDOUT, Evidence

_MODEL = {"train": "model digest", "build_image": "model digest", "evaluate": "model", "gate": "model"}
_HOLDOUT = {"validate_data": HOLDOUT, "evaluate": "data"}
"""By stage, the fact that ends in a digest, in pipeline order: the first stage that has one says what is expected."""

_SHOWN = 19
"""Characters of a digest: "sha256:" and twelve digits."""


def strangers(found: Mapping[str, Evidence]) -> dict[str, str]:
    """Return by stage, for those of another model or holdout than the stages before, one sentence on what to do.

    A stage whose evidence names no digest, such as that of an earlier version, is not judged.
    """
    return {**_apart(found, _HOLDOUT, "holdout"), **_apart(found, _MODEL, "model")}


def _apart(found: Mapping[str, Evidence], facts: Mapping[str, str], what: str) -> dict[str, str]:
    named = {name: _digest(found[name].facts.get(fact)) for name, fact in facts.items() if name in found}
    known = {name: digest for name, digest in named.items() if digest}
    first = next(iter(known), "")
    return {
        name: f"{name} is of the {what} {digest[:_SHOWN]}, {first} of {known[first][:_SHOWN]}: the folder mixes two "
        "runs; export one report into an empty folder."
        for name, digest in known.items()
        if digest != known[first]
    }


def _digest(fact: object) -> str:
    """Return the digest that a fact ends in ("holdout.csv, sha256:9f0c…"); empty where it names none."""
    last = str(fact).rpartition(", ")[2]
    return last if last.startswith("sha256:") else ""
