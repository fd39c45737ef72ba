from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from ml_steps.evidence import Check, Evidence, Histogram, Interval, Intervals, State
from ml_steps.report.pages import MOST, page

from . import examples

EVERY = [
    examples.lint(),
    examples.lint(40),
    examples.data(),
    examples.data(failing=True),
    examples.evaluation(),
    examples.gate(),
    examples.gate(failing=True, smoke=True),
    examples.hostile(),
]
VOID = {"meta"}


class Reader(HTMLParser):
    """Collects elements, and fails on one that is not closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.mark.parametrize("evidence", EVERY, ids=lambda evidence: f"{evidence.stage}-{evidence.state}")
def test_a_page_is_one_file_without_script_or_request(evidence: Evidence) -> None:
    text = page(evidence)
    reader = Reader(text)
    names = {tag for tag, _ in reader.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "base"}
    assert not [1 for _, attributes in reader.tags if set(attributes) & {"src", "href", "style"}]
    assert not [1 for _, attributes in reader.tags if any(name.startswith("on") for name in attributes)]
    assert not re.search(r"https?://|url\(|@import", text)
    policies = [one["content"] for one in reader.of("meta") if one.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'"]


@pytest.mark.parametrize("evidence", EVERY, ids=lambda evidence: f"{evidence.stage}-{evidence.state}")
def test_a_page_can_be_read_by_a_screen_reader(evidence: Evidence) -> None:
    text = page(evidence)
    reader = Reader(text)
    assert len(reader.of("h1")) == 1
    assert reader.of("html") == [{"lang": "en"}]
    assert text.count("<caption") == len(reader.of("table"))
    assert all("scope" in attributes for attributes in reader.of("th"))
    assert all("aria-label" in attributes for attributes in reader.of("figure"))
    assert all({"aria-label", "aria-hidden"} & set(attributes) for attributes in reader.of("svg"))
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]
    assert len(set(ids)) == len(ids)


def test_what_has_no_threshold_has_no_state() -> None:
    def shown(threshold: float | None) -> str:
        chart = Intervals(title="x", items=[Interval(label="a", value=0.5, threshold=threshold)])
        return page(Evidence(stage="evaluate", state=State.WARN, headline="", charts=[chart])).partition("</style>")[2]

    assert "PASS" in shown(0.4)
    assert "Dashed line" in shown(0.4)
    assert "PASS" not in shown(None)
    assert "Dashed line" not in shown(None)


def test_text_of_the_evidence_is_never_markup() -> None:
    text = page(examples.hostile())
    assert "<script" not in text
    assert text.count("&lt;script&gt;alert(&#34;x&#34;)") > 15
    assert "\x1b" not in text
    assert "\u202e" not in text


def test_failing_checks_stand_first_with_everything_about_them() -> None:
    text = page(examples.data(failing=True))
    assert text.index("label_values") < text.index("text_present")
    for said in ("7 rows: &#34;3&#34;", "one of 0, 1, 2", "drop the rows or extend", "data/train.csv:2051 label=neg"):
        assert said in text
    assert "2 FAIL, 1 WARN, 13 PASS" in text
    assert ">advisory<" in text


def test_a_smoke_run_is_marked() -> None:
    assert "SMOKE run." in page(examples.gate(smoke=True))
    assert "SMOKE" not in page(examples.gate())


def test_both_colour_schemes_and_print_are_styled() -> None:
    text = page(examples.lint())
    assert "@media (prefers-color-scheme: dark)" in text
    assert "@media print" in text


def test_charts_name_both_axes_and_the_threshold() -> None:
    text = page(examples.evaluation())
    assert 'scope="colgroup" colspan="3" class="axis">predicted<' in text
    assert 'class="axis corner">actual<' in text
    assert "84.5%" in text
    assert "f1_macro: 0.612 (0.583 to 0.639), threshold 0.64, FAIL" in page(examples.gate(failing=True))


def test_a_flood_of_checks_is_cut_and_said() -> None:
    checks = [Check(id=f"check{index}", state=State.FAIL) for index in range(MOST + 7)]
    text = page(Evidence(stage="lint", state=State.FAIL, headline="many", checks=checks))
    assert text.count('role="rowheader"') == MOST
    assert "7 more are in the JSON file" in text


def test_an_empty_chart_still_makes_a_page() -> None:
    evidence = Evidence(
        stage="data", state=State.PASS, headline="", charts=[Histogram(title="none", edges=[0.0], counts=[])]
    )
    assert "0 values in 0 bins" in page(evidence)
