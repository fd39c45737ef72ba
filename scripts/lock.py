"""Export the hashed requirements that containers install, from the groups of pyproject.toml.

`--check` changes nothing and exits 1 where an export is not current.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPORTS = {
    "steps": ("requirements.txt", "the toolkit's dependencies"),
    "tools": ("tools.txt", "linters and pytest for projects without their own"),
}


def export(group: str, title: str) -> str:
    """Return a group as hashed requirements, resolved anew as of [tool.uv] exclude-newer, for every platform."""
    uv = str(Path(sys.executable).parent / "uv")
    with tempfile.TemporaryDirectory() as folder:
        # A copy without uv.lock: what is committed must follow from pyproject.toml alone.
        for name in ("pyproject.toml", "README.md"):
            (Path(folder) / name).write_bytes((ROOT / name).read_bytes())
        options = ["--no-emit-project", "--only-group", group, "--no-header", "--no-annotate", "--quiet"]
        command = [uv, "export", *options, "--format", "requirements.txt", "--project", folder]
        found = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder).stdout
    return f"# Made by `make lock`: {title}.\n{found}"


def main() -> int:
    """Write the exports, or say which are not current."""
    stale = []
    for group, (name, title) in EXPORTS.items():
        path = ROOT / "src" / "ml_steps" / name
        text = export(group, title)
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
        elif not path.exists() or path.read_text(encoding="utf-8") != text:
            stale.append(str(path.relative_to(ROOT)))
    if stale:
        print(f"{', '.join(stale)}: not current with pyproject.toml; run `make lock`.", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
