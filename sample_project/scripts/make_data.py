"""Make data/train.csv and data/holdout.csv from the VADER ground truth.

    python scripts/make_data.py [ARCHIVE]

ARCHIVE is the source distribution of vaderSentiment 3.3.2 or the hutto_ICWSM_2014.tar.gz inside it.
Without it, pip downloads the source distribution. Every rule is described in data/README.md.
Standard library only; the same archive always gives the same bytes.
"""

import csv
import hashlib
import io
import re
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

REQUIREMENT = "vaderSentiment==3.3.2"
INNER_NAME = "hutto_ICWSM_2014.tar.gz"
INNER_SHA256 = "d5bb07d87474b3eb8d30b4deccbc23f19d742a6c5718fbacc65485b70b95c5fa"
FILES = {"tweets": "tweets_GroundTruth.txt", "amazon": "amazonReviewSnippets_GroundTruth.txt"}

MIN_LENGTH = 10
DEGREE_WORDS = (
    "absolutely especially extremely fucking major really seriously super totally uber very"
)
IGNORED_WORDS = frozenset(DEGREE_WORDS.split()) | {"anonymous"}  # user names read @anonymous
HOLDOUT_PERCENT = 20
LABEL_NAMES = ("negative", "neutral", "positive")
COLUMNS = ("text", "label", "timestamp", "source")
START = {
    "train": datetime(2025, 1, 1, tzinfo=UTC),
    "holdout": datetime(2026, 1, 1, tzinfo=UTC),
}
STEP = timedelta(hours=1)


@dataclass(frozen=True)
class Row:
    """One rated text. `group` names what must stay on one side of the split."""

    id: str
    text: str
    label: int
    source: str
    group: str


class Selection(NamedTuple):
    """The rows that are used, and how many of each source were read and left out."""

    rows: list[Row]
    read: Counter[str]
    too_short: Counter[str]
    duplicates: Counter[str]


def label_of(mean_rating: float) -> int:
    """0 below -0.5, 2 above 0.5, else 1: a mean of exactly -0.5 or 0.5 is neutral."""
    if mean_rating < -0.5:
        return 0
    return 2 if mean_rating > 0.5 else 1


def normalise(text: str) -> str:
    """Casefolded text with single spaces."""
    return " ".join(text.casefold().split())


def words_of(text: str) -> list[str]:
    """The runs of letters and digits, casefolded."""
    return re.findall(r"[^\W_]+", text.casefold())


def duplicate_key(source: str, text: str) -> str:
    """Rows with the same key are one. In reviews "great player!" repeats "great player."."""
    words = " ".join(words_of(text)) if source == "amazon" else ""
    return words or normalise(text)


def group_of(source: str, row_id: str, text: str) -> str:
    """What a row must stay together with.

    An Amazon snippet: its review (ids are REVIEW_SENTENCE). A tweet: its set of words without
    degree words, because the authors of the data rated rewritten tweets as well ("Anger is
    ugly.", "Anger is UGLY!!!", "Anger is very ugly!").
    """
    if source == "amazon":
        return f"amazon:{row_id.split('_')[0]}"
    words = " ".join(sorted(set(words_of(text)) - IGNORED_WORDS))
    return f"tweets:{words or normalise(text)}"


def fraction(key: str) -> float:
    """A number in [0, 1) that depends on nothing but `key`."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8], "big") / 2**64


def holdout_groups(rows: Iterable[Row]) -> frozenset[str]:
    """The groups whose rows are the holdout: about HOLDOUT_PERCENT of each source and label.

    Groups of one source and one most frequent label are taken in the order of a hash of their name
    until they hold their share of the rows. No random state: a group's place depends on its name.
    """
    members: dict[str, list[Row]] = {}
    for row in rows:
        members.setdefault(row.group, []).append(row)
    strata: dict[tuple[str, int], list[str]] = {}
    for group, of_group in members.items():
        label = Counter(sorted(row.label for row in of_group)).most_common(1)[0][0]
        strata.setdefault((of_group[0].source, label), []).append(group)
    chosen: set[str] = set()
    for groups in strata.values():
        wanted = sum(len(members[group]) for group in groups) * HOLDOUT_PERCENT / 100
        taken = 0
        for group in sorted(groups, key=fraction):
            if taken >= wanted:
                break
            chosen.add(group)
            taken += len(members[group])
    return frozenset(chosen)


def ground_truth(archive: Path | None) -> bytes:
    """The checked bytes of hutto_ICWSM_2014.tar.gz. SystemExit where they are not the expected."""
    if archive is None:
        with tempfile.TemporaryDirectory() as folder:
            options = ["--no-deps", "--no-binary", ":all:", "--dest", folder]
            subprocess.run(
                [sys.executable, "-m", "pip", "download", *options, REQUIREMENT], check=True
            )
            return ground_truth(next(Path(folder).glob("*.tar.gz")))
    data = archive.read_bytes()
    if archive.name != INNER_NAME:
        with tarfile.open(fileobj=io.BytesIO(data)) as outer:
            names = [n for n in outer.getnames() if n.endswith(f"/{INNER_NAME}")]
            member = outer.extractfile(names[0]) if names else None
            if member is None:
                raise SystemExit(
                    f"{archive.name} holds no {INNER_NAME}: give the sdist of {REQUIREMENT}"
                )
            data = member.read()
    actual = hashlib.sha256(data).hexdigest()
    if actual != INNER_SHA256:
        raise SystemExit(f"{INNER_NAME} has sha256 {actual}, expected {INNER_SHA256}")
    return data


def read_rows(data: bytes) -> list[Row]:
    """Every rated tweet and Amazon snippet, in the order of the archive's files."""
    rows = []
    with tarfile.open(fileobj=io.BytesIO(data)) as inner:
        for source, name in FILES.items():
            member = inner.extractfile(f"hutto_ICWSM_2014/{name}")
            if member is None:
                raise SystemExit(f"{INNER_NAME} holds no {name}")
            for line in member.read().decode("utf-8").split("\r\n"):
                if line:
                    row_id, rating, raw = line.split("\t", 2)
                    text = raw.strip()
                    group = group_of(source, row_id, text)
                    rows.append(Row(row_id, text, label_of(float(rating)), source, group))
    return rows


def select(rows: Iterable[Row]) -> Selection:
    """Drop texts under MIN_LENGTH characters, then all but the first row of each duplicate_key."""
    kept: list[Row] = []
    read: Counter[str] = Counter()
    too_short: Counter[str] = Counter()
    duplicates: Counter[str] = Counter()
    seen: set[str] = set()
    for row in rows:
        read[row.source] += 1
        key = duplicate_key(row.source, row.text)
        if len(row.text) < MIN_LENGTH:
            too_short[row.source] += 1
        elif key in seen:
            duplicates[row.source] += 1
        else:
            seen.add(key)
            kept.append(row)
    return Selection(kept, read, too_short, duplicates)


def split(rows: Iterable[Row]) -> dict[str, list[Row]]:
    """The rows of "train" and "holdout", each in the order of a hash of the id: sources mix."""
    ordered = sorted(rows, key=lambda row: fraction(f"order:{row.source}:{row.id}"))
    held = holdout_groups(ordered)
    return {
        "train": [row for row in ordered if row.group not in held],
        "holdout": [row for row in ordered if row.group in held],
    }


def to_csv(rows: Iterable[Row], start: datetime) -> str:
    """The rows as CSV, LF line ends; row i gets the made-up time start + i hours, in UTC."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for number, row in enumerate(rows):
        time = (start + number * STEP).strftime("%Y-%m-%dT%H:%M:%SZ")
        writer.writerow([row.text, row.label, time, row.source])
    return out.getvalue()


def main() -> None:
    archive = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    selection = select(read_rows(ground_truth(archive)))
    for source in FILES:
        print(
            f"{source}: {selection.read[source]} rows read, "
            f"{selection.too_short[source]} under {MIN_LENGTH} characters dropped, "
            f"{selection.duplicates[source]} duplicates dropped"
        )
    folder = Path(__file__).resolve().parent.parent / "data"
    for name, rows in split(selection.rows).items():
        (folder / f"{name}.csv").write_text(to_csv(rows, START[name]), encoding="utf-8", newline="")
        print(f"{name}.csv: {len(rows)} rows ({len(rows) / len(selection.rows):.1%})")
        for source in FILES:
            labels = Counter(row.label for row in rows if row.source == source)
            total = sum(labels.values())
            parts = [f"{LABEL_NAMES[n]} {labels[n]} ({labels[n] / total:.1%})" for n in range(3)]
            print(f"  {source}: {total} rows, {', '.join(parts)}")


if __name__ == "__main__":
    main()
