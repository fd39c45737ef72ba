"""Which Python a project gets."""

import re

from ml_steps.errors import SetupError


def choose(asked: str, pinned: str, requires: str, supported: list[str]) -> str:
    """Return the minor version: the argument, .python-version, then the highest of requires-python.

    Of .python-version, as pyenv and uv write it, the first line that is no comment counts.

    Raises SetupError for one that no default image exists for, or when requires-python allows none.
    """
    lines = (line.strip() for line in pinned.splitlines())
    first = next((line for line in lines if line and not line.startswith("#")), "")
    for value, where in ((asked, "--python-version"), (first.removeprefix("cpython-"), ".python-version")):
        if value:
            minor = ".".join(value.split(".")[:2])
            if minor not in supported:
                raise SetupError(
                    f"{where} is {value}; there are images for {', '.join(supported)}; or pass --python-image, of "
                    "Python 3.11 or newer."
                )
            return minor
    allowed = [version for version in supported if _allows(requires, version)]
    if not allowed:
        raise SetupError(
            f"pyproject.toml: requires-python {requires!r} allows none of {', '.join(supported)}; "
            "pass an image with --python-image, of Python 3.11 or newer."
        )
    return max(allowed, key=_key)


def _key(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:2])


def _allows(requires: str, version: str) -> bool:
    """Tell whether some patch level of a minor version may do, but 0, which no image has: 3.13 is above <=3.13."""
    ours = _key(version)
    for clause in filter(None, (part.strip() for part in requires.split(","))):
        match = re.match(r"(>=|<=|<|>|==|!=|~=)\s*([\d.]+)", clause)
        if match is None:
            continue
        numbers = [int(part) for part in re.findall(r"\d+", match[2])]
        operator, bound, patch = match[1], tuple(numbers[:2]), any(numbers[2:])
        same, any_patch = ours[: len(bound)] == bound, match[2].endswith(".")  # of ==3.13.*
        holds = {
            ">=": ours >= bound,
            "~=": ours >= bound and ours[0] == bound[0] and (len(numbers) == 2 or same),
            ">": ours >= bound,
            "<=": ours < bound or (patch and same),
            "<": ours < bound or (patch and same),
            "==": same and (patch or any_patch),
            "!=": not (same and any_patch),
        }[operator]
        if not holds:
            return False
    return True
