"""Charts as figures. Where the marks stand comes in percent from geometry.py; the text keeps its size."""

from __future__ import annotations

from functools import singledispatch

import htpy as h
from htpy import Element, Node

from ml_steps.evidence import Bars, Chart, Histogram, Intervals, Matrix, Pairs, Table
from ml_steps.report import geometry
from ml_steps.report.layout import parts, state
from ml_steps.report.markdown import chart_table
from ml_steps.report.text import number


def figure(chart: Chart, heading: str) -> Element:
    """Return a chart under its heading."""
    return h.figure({"aria-label": heading}, class_=f"chart {chart.kind}")[h.figcaption[heading], _draw(chart)]


def _percent(value: float) -> str:
    return f"{value}%"


@singledispatch
def _draw(chart: Chart) -> Node:
    raise TypeError(f"no figure is drawn of {type(chart).__name__}")


def _bar(class_: str, bar: geometry.Bar, height: int, y: int | None = None) -> Element:
    return h.rect(class_=class_, x=_percent(bar.at), y=y, width=_percent(bar.size), height=height)


def _line_of_bars(label: str, said: str, value: str, *marks: Element) -> Node:
    rail = h.rect(class_="rail", width="100%", height=16)
    drawing = h.svg({"aria-label": said}, role="img", width="100%", height=16)[rail, marks]
    return [h.dt[label], h.dd[drawing, " ", h.span[value]]]


@_draw.register
def _draw_bars(chart: Bars) -> Node:
    lines = [
        _line_of_bars(bar.label, f"{bar.label}: {bar.value}", bar.value, _bar("mark", bar, 16))
        for bar in geometry.bars(chart)
    ]
    return h.dl[lines or h.dt["No values."]]


@_draw.register
def _draw_pairs(chart: Pairs) -> Node:
    upper, lower = chart.series
    lines = [
        _line_of_bars(
            first.label,
            f"{first.label}: {upper} {first.value}, {lower} {second.value}",
            f"{first.value} → {second.value}",
            _bar("before", first, 7),
            _bar("mark", second, 7, y=9),
        )
        for first, second in geometry.pairs(chart)
    ]
    return [h.dl[lines or h.dt["No values."]], h.p(class_="key")[f"Upper bar: {upper}. Lower bar: {lower}."]]


@_draw.register
def _draw_histogram(chart: Histogram) -> Node:
    axes = geometry.histogram(chart)
    said = f"{chart.title}: {number(sum(chart.counts))} values in {len(chart.counts)} bins"
    if chart.counts:
        said += f" from {number(chart.edges[0])} to {number(chart.edges[-1])}"
    head, rows = chart_table(chart)
    return [
        h.div(class_="plot")[
            h.svg({"aria-hidden": "true"}, class_="y", width="100%", height=180)[
                (
                    h.text({"text-anchor": "end"}, x="100%", y=_percent(100 - tick.at), dy="0.32em")[tick.label]
                    for tick in axes.y
                )
            ],
            h.svg({"aria-label": f"{said}; the numbers are in the table below."}, role="img", width="100%", height=180)[
                (_across("grid", _percent(100 - tick.at)) for tick in axes.y), _bins(axes.bars)
            ],
            h.svg({"aria-hidden": "true"}, class_="x", width="100%", height=24)[
                (_below(tick, 17, 0, 100) for tick in axes.x)
            ],
            h.p(class_="axis")[chart.x_label or "value"],
        ],
        h.details[
            h.summary["Numbers"],
            h.table[
                h.caption(class_="unseen")[chart.title],
                h.thead[h.tr[(h.th(scope="col")[cell] for cell in head)]],
                h.tbody[(h.tr[(h.td[cell] for cell in row)] for row in rows)],
            ],
        ],
    ]


def _across(class_: str, y: str | int, start: str = "0", end: str = "100%") -> Element:
    return h.line(class_=class_, x1=start, x2=end, y1=y, y2=y)


def _bins(bars: list[geometry.Bar]) -> list[Element]:
    return [
        h.rect(
            class_="mark",
            x=_percent(bar.at),
            y=_percent(round(100 - bar.size, 2)),
            width=_percent(round(92 / len(bars), 2)),
            height=_percent(bar.size),
        )[h.title[f"{bar.label}: {bar.value}"]]
        for bar in bars
    ]


def _below(tick: geometry.Tick, y: int, first: float, last: float) -> Element:
    """Return the label of a tick; near the ends of the axis it stays within the drawing."""
    anchor = "start" if tick.at <= first else "end" if tick.at >= last else "middle"
    return h.text({"text-anchor": anchor}, x=_percent(tick.at), y=y)[tick.label]


def _scrolled(title: str, table: Element) -> Element:
    return h.div({"aria-label": title}, class_="scroll", role="region", tabindex=0)[table]


@_draw.register
def _draw_table(chart: Table) -> Node:
    head, rows = chart_table(chart)
    given = chart.rows[0] if chart.rows else [None] * len(head)
    classes = ["text" if column and isinstance(value, str) else None for column, value in enumerate(given)]
    return _scrolled(
        chart.title,
        h.table[
            h.caption(class_="unseen")[chart.title],
            h.thead[h.tr[(h.th(scope="col", class_=kind)[cell] for cell, kind in zip(head, classes, strict=True))]],
            h.tbody[(_row(cells, row) for cells, row in zip(rows, chart.rows, strict=True))],
        ],
    )


def _row(cells: list[str], given: list[str | float | None]) -> Element:
    texts = zip(cells[1:], given[1:], strict=True)
    return h.tr[
        h.th(scope="row")[parts(cells[0], "_")],
        (h.td(class_="text" if isinstance(value, str) else None)[cell] for cell, value in texts),
    ]


@_draw.register
def _draw_matrix(chart: Matrix) -> Node:
    caption = f"Rows: {chart.row_label}. Columns: {chart.column_label}. A cell is shaded by its share of the row."
    rows = [
        h.tr[
            h.th(scope="row")[name],
            (h.td(class_=f"shade-{cell.shade}")[cell.count, h.small[cell.share]] for cell in cells),
        ]
        for name, cells in zip(chart.rows, geometry.matrix(chart), strict=True)
    ]
    columns = h.th(scope="colgroup", colspan=max(len(chart.columns), 1), class_="axis")[chart.column_label]
    corner = h.th(scope="col", class_="axis corner")[chart.row_label]
    return _scrolled(
        chart.title,
        h.table[
            h.caption[caption],
            h.thead[h.tr[h.td, columns], h.tr[corner, (h.th(scope="col")[name] for name in chart.columns)]],
            h.tbody[rows],
        ],
    )


@_draw.register
def _draw_intervals(chart: Intervals) -> Node:
    drawn = geometry.intervals(chart)
    key = "Dot: the value. Bar: its interval."
    if any(line.threshold is not None for line in drawn.lines):
        key += " Dashed line: the threshold."
    if drawn.lines and not drawn.ticks:
        key += " Each line has its own scale."
    scale = h.div(class_="line")[
        h.span,
        h.svg({"aria-hidden": "true"}, width="100%", height=20)[(_below(tick, 14, 4, 96) for tick in drawn.ticks)],
        h.span,
    ]
    lines = [_whisker(line) for line in drawn.lines] or h.p["No values."]
    return [h.div(class_="lines")[lines, scale if drawn.ticks else None], h.p(class_="key")[key]]


def _whisker(line: geometry.Whisker) -> Element:
    judged = line.threshold is not None
    marks = [_across("grid", 15)]
    if line.low is not None and line.high is not None:
        low, high = _percent(line.low), _percent(line.high)
        marks.append(_across("whisker", 15, low, high))
        marks += [h.line(class_="whisker", x1=end, x2=end, y1=10, y2=20) for end in (low, high)]
    if line.threshold is not None:
        at = _percent(line.threshold)
        marks.append(h.line(class_="threshold", x1=at, x2=at, y1=2, y2=28))
    marks.append(h.circle(class_="dot", cx=_percent(line.value), cy=15, r=5))
    said = f"{line.label}: {line.text}" + (f", {line.state}" if judged else "")
    return h.div(class_={"line": True, f"is-{line.state}": judged})[
        h.p(class_="name")[line.label],
        h.svg({"aria-label": said}, role="img", width="100%", height=30)[marks],
        h.p(class_="numbers")[judged and [state(line.state), " "], line.text],
    ]
