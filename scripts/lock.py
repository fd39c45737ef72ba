"""Export the hashed requirements that containers install, from the groups of pyproject.toml.

`--check` changes nothing and exits 1 where an export does not follow from pyproject.toml.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EXPORTS = {
    "steps": ("requirements.txt", "the toolkit's dependencies"),
    "tools": ("tools.txt", "linters and pytest for projects without their own"),
}


def export(group: str, title: str, pins: list[str]) -> str:
    """Return a group as hashed requirements for every platform, resolved as of [tool.uv] exclude-newer within pins."""
    uv = str(Path(sys.executable).parent / "uv")
    with tempfile.TemporaryDirectory() as folder:
        # A copy without uv.lock: what is committed must follow from pyproject.toml alone.
        (Path(folder) / "README.md").write_bytes((ROOT / "README.md").read_bytes())
        settings = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
        pinned_settings = f"[tool.uv]\nconstraint-dependencies = {json.dumps(pins)}\n"
        settings = settings.replace("[tool.uv]\n", pinned_settings, 1)
        (Path(folder) / "pyproject.toml").write_text(settings, encoding="utf-8")
        options = ["--no-emit-project", "--only-group", group, "--no-header", "--no-annotate", "--quiet"]
        command = [uv, "export", *options, "--format", "requirements.txt", "--project", folder]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=folder)
    if done.returncode != 0:
        raise SystemExit(f"{group}: cannot be resolved; after a change run `make lock`: {done.stderr.strip()}")
    return f"# Made by `make lock`: {title}.\n{done.stdout}"


def pinned(text: str) -> list[str]:
    """Return the packages of an export with their versions and markers.

    A check resolves within them: an index that shows an older version late would make every export stale.
    """
    return re.findall(r"^(\S+==\S+(?: ; .*?)?) \\$", text, re.MULTILINE)


def main() -> int:
    """Write the exports, or say which are not current."""
    stale = []
    for group, (name, title) in EXPORTS.items():
        path = ROOT / "src" / "ml_steps" / name
        if "--check" not in sys.argv:
            path.write_text(export(group, title, []), encoding="utf-8")
            continue
        committed = path.read_text(encoding="utf-8") if path.exists() else ""
        if export(group, title, pinned(committed)) != committed:
            stale.append(str(path.relative_to(ROOT)))
    if stale:
        print(f"{', '.join(stale)}: not current with pyproject.toml; run `make lock`.", file=sys.stderr)
    return bool(stale)


if __name__ == "__main__":
    sys.exit(main())
