"""The rules of scripts/make_data.py, on made-up rows; no download."""

from pathlib import Path

import pytest

from scripts import make_data


def row(row_id: str, text: str, label: int = 0, source: str = "tweets") -> make_data.Row:
    return make_data.Row(row_id, text, label, source, make_data.group_of(source, row_id, text))


@pytest.mark.parametrize(
    ("rating", "label"), [(-0.51, 0), (-0.5, 1), (0.0, 1), (0.5, 1), (0.51, 2)]
)
def test_equality_falls_to_neutral(rating: float, label: int) -> None:
    assert make_data.label_of(rating) == label


def test_short_texts_and_duplicates_are_dropped_and_counted() -> None:
    rows = [
        row("1", "too short"),
        row("2", "Long  enough now"),
        row("3", "long enough NOW"),
        row("4", "long enough now!"),
        row("1_1", "a great player.", source="amazon"),
        row("2_1", "a great player!", source="amazon"),
    ]
    selection = make_data.select(rows)
    assert [kept.id for kept in selection.rows] == ["2", "4", "1_1"]
    assert selection.too_short == {"tweets": 1}
    assert selection.duplicates == {"tweets": 1, "amazon": 1}


def test_rewritten_tweets_and_sentences_of_a_review_are_one_group() -> None:
    tweets = [row("1", "Anger is ugly."), row("2", "Anger is VERY ugly!!!"), row("3", ":-) :-)")]
    assert tweets[0].group == tweets[1].group != tweets[2].group
    sentences = [row(name, "a text", source="amazon") for name in ("7_1", "7_2", "8_1")]
    assert sentences[0].group == sentences[1].group != sentences[2].group


def test_split_is_fixed_keeps_groups_together_and_takes_a_fifth() -> None:
    rows = [row(f"{i}_{j}", f"text {i} {j}", i % 3, "amazon") for i in range(300) for j in range(3)]
    sides = make_data.split(rows)
    groups = {name: {member.group for member in side} for name, side in sides.items()}
    assert not groups["train"] & groups["holdout"]
    assert len(sides["train"]) + len(sides["holdout"]) == len(rows)
    assert len(sides["holdout"]) == 180
    assert make_data.split(reversed(rows)) == sides


def test_times_are_an_hour_apart() -> None:
    text = make_data.to_csv([row("1", 'a "text", quoted'), row("2", "b")], make_data.START["train"])
    assert text.splitlines() == [
        "text,label,timestamp,source",
        '"a ""text"", quoted",0,2025-01-01T00:00:00Z,tweets',
        "b,0,2025-01-01T01:00:00Z,tweets",
    ]


def test_another_archive_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / make_data.INNER_NAME
    archive.write_bytes(b"other")
    with pytest.raises(SystemExit, match=r"has sha256 .*, expected d5bb07d8"):
        make_data.ground_truth(archive)
