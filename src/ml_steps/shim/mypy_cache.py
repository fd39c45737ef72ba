"""What mypy knows of the packages that the code imports, so that a run checks only the code itself."""

from __future__ import annotations

import argparse
import ast
from pathlib import Path
from typing import Iterator

from . import process, record

IMPORTS = "ml_pipeline_imports.py"


def find_imports(options: argparse.Namespace, _secrets: dict[str, str]) -> None:
    """Write a module with the imports of the code and the tests, sorted, without those of their own modules.

    It changes only when an import does, and what is made from it is kept as long.
    """
    found: set[str] = set()
    for place in [*options.code, *options.rest]:
        path = Path(place)
        for file in path.rglob("*.py") if path.is_dir() else [path]:
            try:
                tree = ast.parse(file.read_bytes())
            except (OSError, SyntaxError, ValueError):
                continue  # lint says so
            found.update(_imports(tree))
    (options.out / IMPORTS).write_text("".join(f"{line}\n" for line in sorted(found)), encoding="utf-8")


def _imports(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                if not _own(name.name):
                    yield f"import {name.name}"
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level and not _own(node.module):
            for name in node.names:
                yield f"from {node.module} import {name.name}"


def _own(module: str) -> bool:
    top = module.partition(".")[0]
    return Path(top).is_dir() or Path(f"{top}.py").is_file()


def fill(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Let mypy read those imports under the project's settings; without a cache lint is slower, and no less right."""
    command = ["python", "-m", "mypy", "--cache-dir", str(options.out), "--", *options.rest]
    result = process.run(command, options.timeout, secrets)
    if result.timed_out or result.exit_code not in (0, 1):
        record.clear(options.out, *(entry.name for entry in options.out.iterdir()))
