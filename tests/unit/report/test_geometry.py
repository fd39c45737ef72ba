from __future__ import annotations

from ml_steps.evidence import Bars, Histogram, Interval, Intervals, Matrix, Pairs
from ml_steps.report.geometry import bars, histogram, intervals, matrix, pairs, percent, ticks


def test_percent_of_a_range() -> None:
    assert percent(5, 0, 20) == 25
    assert percent(3, 3, 3) == 50
    assert percent(0, -1.7e308, 1.7e308) == 50


def test_ticks_are_round_and_inside() -> None:
    assert [tick.label for tick in ticks(0.39, 0.76)] == ["0.4", "0.5", "0.6", "0.7"]
    assert [(tick.at, tick.label) for tick in ticks(0, 600, 4)] == [
        (0, "0"),
        (33.33, "200"),
        (66.67, "400"),
        (100, "600"),
    ]
    assert [tick.label for tick in ticks(-3, 3)] == ["-2", "0", "2"]
    assert len(ticks(1, 1)) == 1


def test_bars_share_a_zero_line() -> None:
    placed = bars(Bars(title="t", labels=["a", "b", "c"], values=[30, 0, -10], unit="rows"))
    assert [(bar.at, bar.size) for bar in placed] == [(25, 75), (25, 0), (0, 25)]
    assert placed[0].value == "30 rows"


def test_bars_of_shares_are_shares_of_the_whole() -> None:
    placed = bars(Bars(title="t", labels=["a", "b"], values=[0.1, 50], unit="%"))
    assert [bar.size for bar in placed] == [0.1, 50]
    assert bars(Bars(title="t", labels=["a"], values=[250], unit="%"))[0].size == 100


def test_bars_of_nothing_and_of_zeros() -> None:
    assert bars(Bars(title="t", labels=[], values=[])) == []
    assert bars(Bars(title="t", labels=["a"], values=[0]))[0].size == 0


def test_pairs_share_one_scale() -> None:
    chart = Pairs(title="t", series=("then", "now"), labels=["a", "b"], values=[(10, 40), (20, 0)], unit="%")
    placed = [(first.label, first.size, second.size) for first, second in pairs(chart)]
    assert placed == [("a", 25, 100), ("b", 50, 0)]
    assert [second.value for _, second in pairs(chart)] == ["40 %", "0 %"]
    assert pairs(Pairs(title="t", series=("then", "now"), labels=[], values=[])) == []


def test_histogram_bins_fill_the_width_and_the_tallest_the_height() -> None:
    axes = histogram(Histogram(title="t", edges=[0, 10, 20, 40, 80], counts=[5, 20, 10, 0]))
    assert [(bar.at, bar.size) for bar in axes.bars] == [(0, 25), (25, 100), (50, 50), (75, 0)]
    assert axes.bars[2].label == "20 to 40"
    assert [tick.label for tick in axes.x] == ["0", "10", "20", "40", "80"]
    assert [tick.label for tick in axes.y] == ["0", "5", "10", "15", "20"]


def test_histogram_labels_few_of_many_edges_and_no_fractions_of_a_count() -> None:
    axes = histogram(Histogram(title="t", edges=[float(edge) for edge in range(29)], counts=[1] * 28))
    assert [tick.label for tick in axes.x] == ["0", "6", "12", "18", "24"]
    assert all("." not in tick.label for tick in axes.y)
    assert histogram(Histogram(title="t", edges=[0], counts=[])).bars == []


def test_matrix_is_shaded_by_the_share_of_the_row() -> None:
    cells = matrix(Matrix(title="t", rows=["a", "b"], columns=["x", "y"], counts=[[999, 1], [0, 0]]))
    assert [[cell.shade for cell in row] for row in cells] == [[10, 1], [0, 0]]
    assert [cell.share for cell in cells[0]] == ["99.9%", "0.1%"]
    assert cells[1][0].share == "-"


def test_intervals_share_a_scale_with_ticks() -> None:
    items = [
        Interval(label="a", value=0.5, low=0.4, high=0.6, threshold=0.45),
        Interval(label="b", value=0.9, low=0.8, high=1.0),
    ]
    drawn = intervals(Intervals(title="t", items=items))
    first, second = drawn.lines
    assert drawn.ticks
    assert first.low is not None
    assert first.threshold is not None
    assert 0 < first.low < first.threshold < first.value < second.value < 100
    assert first.text == "0.5 (0.4 to 0.6), threshold 0.45"
    assert second.threshold is None


def test_intervals_of_unlike_size_have_a_scale_each() -> None:
    items = [
        Interval(label="ms", value=310, low=290, high=340, threshold=500),
        Interval(label="f1", value=0.6, low=0.5, high=0.7),
    ]
    drawn = intervals(Intervals(title="t", items=items))
    assert drawn.ticks == []
    assert drawn.lines[1].low is not None
    assert drawn.lines[1].value - drawn.lines[1].low > 30


def test_intervals_without_an_interval_or_of_nothing() -> None:
    line = intervals(Intervals(title="t", items=[Interval(label="a", value=0)])).lines[0]
    assert (line.value, line.low, line.high) == (50, None, None)
    assert intervals(Intervals(title="t", items=[])).lines == []
