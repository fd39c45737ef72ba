"""From the linters' reports to findings, one check each."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlparse

from ml_steps import collected
from ml_steps.errors import SetupError
from ml_steps.evidence import Check, Evidence, State

NEXT_STEPS = {
    "ruff": "Mend them; `ruff check --fix` mends many, and Ruff's settings choose the rules.",
    "ruff-format": "Run `ruff format`.",
    "mypy": "Mend the types; mypy's settings choose how strict they are.",
}
NO_FILES = "it looked at no file, and so found nothing; there is none, or its include and exclude leave none"
SHOWN = 200
"""Findings listed one by one; the SARIF file has all."""

UNFORMATTED = "would be reformatted"

_MYPY = re.compile(r"^(?P<path>.+?)(?::(?P<line>\d+)(?::\d+)*)?: error: (?P<message>.*?)(?:  \[(?P<rule>[\w-]+)\])?$")
_FORMAT = re.compile(r"^Would reformat: (?P<path>.+)$")
_CONCISE = re.compile(
    r"^(?P<path>.+?):(?P<line>\d+):\d+: (?P<rule>unformatted|invalid-syntax): (?P<message>.+)$"
)  # Ruff 0.15 and newer; the two others are older ones'.
_PARSE = re.compile(r"^error: Failed to parse (?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.+)$")


@dataclass(frozen=True)
class Finding:
    """One complaint of one tool; path relative to the project."""

    tool: str
    rule: str
    path: str
    line: int
    message: str


def judge(folder: Path) -> tuple[Evidence, dict[str, Any]]:
    """Return the evidence of a lint run and all its findings as one SARIF 2.1.0 log.

    Any finding fails the stage. Raises SetupError when the shim's record or a tool's report is not there.
    """
    record = collected.read(folder, "lint")
    checks, findings = [], []
    for run in record["runs"]:
        tool = run["tool"]
        found = _findings(tool, folder, record["root"])
        if not found and run["exit_code"] != 0:
            found = [Finding(tool, "exit", ".", 1, f"{tool} exited {run['exit_code']} without naming a place")]
        if not found and run["files"] == 0:
            found = [Finding(tool, "no-files", ".", 1, NO_FILES)]
        findings += found
        state = State.FAIL if found else State.PASS
        detail = NEXT_STEPS[tool] if found else ""
        checks.append(Check(id=tool, state=state, actual=_count(len(found)), expected="no findings", detail=detail))
    shown = [
        Check(
            id=f"{finding.tool} {finding.rule}",
            state=State.FAIL,
            subject=f"{finding.path}:{finding.line}",
            actual=finding.message,
        )
        for finding in findings[:SHOWN]
    ]
    tools = ", ".join(run["tool"] for run in record["runs"])
    evidence = Evidence(
        stage="lint",
        state=State.FAIL if findings else State.PASS,
        headline=f"{_count(len(findings))} ({tools})",
        seconds=round(sum(run["seconds"] for run in record["runs"]), 3),
        facts={"findings": len(findings), "listed": len(shown)},
        checks=checks + shown,
    )
    return evidence, _sarif(record["runs"], findings)


def _count(number: int) -> str:
    return {0: "no findings", 1: "1 finding"}.get(number, f"{number:,} findings")


def _findings(tool: str, folder: Path, root: str) -> list[Finding]:
    path = folder / ("ruff.sarif" if tool == "ruff" else f"{tool}.txt")
    try:
        text = path.read_text(encoding="utf-8")
        if tool == "ruff":
            return _from_sarif(json.loads(text), root)
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise SetupError(f"{path}: the report of {tool} cannot be read ({error!r}); run lint again.") from None
    of_line = _from_mypy if tool == "mypy" else _from_format
    return [found for line in text.splitlines() if (found := of_line(tool, line, root))]


def _from_mypy(tool: str, line: str, root: str) -> Finding | None:
    match = _MYPY.match(line)
    if match is None:
        return None
    place, number = _relative(match["path"], root), int(match["line"] or 1)
    return Finding(tool, match["rule"] or "error", place, number, match["message"])


def _from_format(tool: str, line: str, root: str) -> Finding | None:
    """Return a file that is not formatted, or one that cannot be parsed."""
    if match := _FORMAT.match(line):
        return Finding(tool, "format", _relative(match["path"], root), 1, UNFORMATTED)
    match = _CONCISE.match(line) or _PARSE.match(line)
    if match is None:
        return None
    unformatted = match.groupdict().get("rule") == "unformatted"
    rule, said = ("format", UNFORMATTED) if unformatted else ("syntax", match["message"])
    return Finding(tool, rule, _relative(match["path"], root), int(match["line"]), said)


def _from_sarif(log: dict[str, Any], root: str) -> list[Finding]:
    found = []
    for result in log["runs"][0].get("results", []):
        location = result["locations"][0]["physicalLocation"]
        path = _relative(unquote(urlparse(location["artifactLocation"]["uri"]).path), root)
        line = location.get("region", {}).get("startLine", 1)
        found.append(Finding("ruff", result.get("ruleId") or "syntax", path, line, result["message"]["text"]))
    return found


def _relative(path: str, root: str) -> str:
    return path.removeprefix(f"{root.rstrip('/')}/")


def _sarif(runs: list[dict[str, Any]], findings: list[Finding]) -> dict[str, Any]:
    """Return one run a tool, with paths relative to the project, as code scanning services expect."""
    log_runs = [
        {
            "tool": {"driver": {"name": run["tool"], "rules": []}},
            "results": [
                {
                    "ruleId": finding.rule,
                    "level": "error",
                    "message": {"text": finding.message},
                    "locations": [
                        {
                            "physicalLocation": {
                                "artifactLocation": {"uri": quote(finding.path)},
                                "region": {"startLine": finding.line},
                            }
                        }
                    ],
                }
                for finding in findings
                if finding.tool == run["tool"]
            ],
        }
        for run in runs
    ]
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": log_runs}
