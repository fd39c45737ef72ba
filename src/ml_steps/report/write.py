"""Leave a stage's evidence in its folder, for machines and for people."""

from __future__ import annotations

from pathlib import Path

from ml_steps.errors import SetupError
from ml_steps.evidence import Evidence
from ml_steps.report.junit import ORIGIN, junit
from ml_steps.report.markdown import markdown
from ml_steps.report.pages import page


def write(evidence: Evidence, name: str, out: Path) -> None:
    """Write `<name>.md`, `<name>.html`, `junit.xml` (unless a test runner left its own) and `<name>.json`.

    The JSON comes last: where it is, the rest is complete. Raises SetupError when `out` cannot be written.
    """
    record = out / f"{name}.json"
    results = out / "junit.xml"
    try:
        out.mkdir(parents=True, exist_ok=True)
        record.unlink(missing_ok=True)
        (out / f"{name}.md").write_text(markdown(evidence), "utf-8")
        (out / f"{name}.html").write_text(page(evidence), "utf-8")
        if not results.exists() or _is_ours(results):
            results.write_text(junit(evidence), "utf-8")
        record.write_text(evidence.to_json(), "utf-8")
    except OSError as error:
        raise SetupError(
            f"{error.filename or out}: the evidence of {evidence.stage} cannot be written there "
            f"({error.strerror}); pass a folder that can be written as --out."
        ) from None


def _is_ours(path: Path) -> bool:
    """Say whether an earlier run of ours left the file; one of another kind holds more than we know."""
    return f'<testsuites name="{ORIGIN}"'.encode() in path.read_bytes()[:200]
