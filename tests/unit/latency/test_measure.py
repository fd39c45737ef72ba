"""`ml-steps measure` on real timing services: what it finds, and how it ends where a model does not answer."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
import socket
import struct
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import latency
from ml_steps import cli, metrics
from ml_steps.latency import paired
from ml_steps.latency.client import Answer, TimingService, address
from ml_steps.latency.paired import FEWEST, ratio
from ml_steps.shim import rounds
from tests.unit.shim.shims import PREDICT, Shim

FAST, SLOW = (latency.PREDICTOR.format(steps=steps) for steps in (latency.FAST, latency.SLOW))


def predicting(body: str) -> str:
    """Return a predictor whose predict has this body, and then answers."""
    predict = f"    def predict(rows):\n        {body}\n        return [0] * len(rows)\n"
    return f"import os, signal, sys, time\n\ndef load(model_dir):\n{predict}    return predict\n"


@dataclass(frozen=True)
class Ran:
    """How the command ended."""

    exit_code: int
    sentence: str
    out: Path

    def record(self) -> Any:
        """Read what it left."""
        return json.loads((self.out / "paired-timings.json").read_text(encoding="utf-8"))


class Pair:
    """Runs the command on two predictors."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.shims = [Shim(root / name) for name in ("candidate", "baseline")]
        self.out, self._capsys = root / "paired", capsys

    def measure(self, candidate: str, baseline: str, *arguments: str, rows: int = 5, **variables: str) -> Ran:
        """Start a service for each predictor and run the command."""
        with ExitStack() as stack:
            places = [
                stack.enter_context(shim.timing_service(text, variables=variables, rows=rows))
                for shim, text in zip(self.shims, (candidate, baseline), strict=True)
            ]
            return self.at(*places, *arguments)

    def at(self, candidate: str, baseline: str, *arguments: str) -> Ran:
        """Run the command on what listens at two places."""
        argv = ["measure", "--candidate", candidate, "--baseline", baseline, "--out", str(self.out), *arguments]
        exit_code = cli.main(argv)
        lines = self._capsys.readouterr().err.splitlines()
        assert len(lines) == (1 if exit_code else 0)
        return Ran(exit_code, "".join(lines), self.out)


@pytest.fixture
def pair(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Pair:
    return Pair(tmp_path, capsys)


def test_figures_of_both_and_ratios(pair: Pair) -> None:
    record = pair.measure(PREDICT, PREDICT).record()
    for model in (record["candidate"], record["baseline"]):
        assert [model[name]["count"] for name in ("load_ms", "single_ms", "batch_ms_per_row")] == [5, 200, 20]
        assert model["single_ms"]["p50"] <= model["single_ms"]["p95"] <= model["single_ms"]["p99"]
        assert model["quiet_ratio"] >= 1
        assert (model["cpu_seconds_per_1k"] > 0, model["cpu_rounds"]) == (True, 5)
    assert {*record["ratios"], "peak_rss_ratio"} == set(metrics.RATIOS)
    single = record["ratios"]["latency_p50_ratio"]
    assert single["low"] <= single["value"] <= single["high"]
    medians = [np.median(record[name]["single_ms"]["p50"]) for name in ("candidate", "baseline")]
    assert single["value"] == pytest.approx(medians[0] / medians[1], rel=0.05)


def test_a_slow_predictor_has_fewer_rounds_and_one_at_least(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "BUDGET_SECONDS", 0)
    monkeypatch.setattr(paired, "MOST_SECONDS", 0)
    record = pair.measure(PREDICT, PREDICT).record()
    for model in (record["candidate"], record["baseline"]):
        assert [model[name]["count"] for name in ("load_ms", "single_ms", "batch_ms_per_row")] == [1, 1, 1]
        assert model["cpu_rounds"] == 1


@pytest.mark.parametrize(("candidate", "baseline", "slower"), [(SLOW, FAST, True), (FAST, SLOW, False)])
def test_a_predictor_three_times_as_slow_is_found(pair: Pair, candidate: str, baseline: str, slower: bool) -> None:
    for name, found in pair.measure(candidate, baseline).record()["ratios"].items():
        value = found["value"] if slower else 1 / found["value"]
        assert value > 1.5, name


REMEMBERS = """
import json, time

def load(model_dir):
    seen = set()
    def predict(rows):
        new = {json.dumps(row) for row in rows} - seen
        seen.update(new)
        time.sleep(0.002 * len(new))
        return [0] * len(rows)
    return predict
"""


def test_a_predictor_that_remembers_its_answers_is_timed_on_new_rows(pair: Pair) -> None:
    record = pair.measure(REMEMBERS, REMEMBERS, rows=500).record()
    assert record["candidate"]["single_ms"]["p50"] >= 2


BROKEN = {
    "raises": ('raise RuntimeError("no\\nluck")', "predicting 1 rows raised RuntimeError: no luck at src/predict.py:5; expected predictions."),
    "exits": ("sys.exit(0)", "predicting 1 rows raised SystemExit: 0"),
    "raises in a batch": ("len(rows) < 2 or 1 / 0", "predicting 5 rows raised ZeroDivisionError"),
    "leaves the process": ("os._exit(0)", "process ended while predicting a single row; expected an answer; "),
    "is killed": ("os.kill(os.getpid(), signal.SIGKILL)", "process ended while predicting a single row; "),
    "leaves the process in a batch": ("len(rows) < 2 or os._exit(0)", "process ended while predicting a batch; "),
    "hangs": ("time.sleep(60)", "predictor was still predicting a single row after 2 s; expected it to end; "),
    "hangs in a batch": ("len(rows) < 2 or time.sleep(60)", "predictor was still predicting a batch after 2 s; "),
}  # fmt: skip


@pytest.mark.parametrize("broken", ["candidate", "baseline"])
@pytest.mark.parametrize(("body", "said"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_predictor_fails_and_is_named(pair: Pair, broken: str, body: str, said: str) -> None:
    texts = {"candidate": PREDICT, "baseline": PREDICT, broken: predicting(body)}
    limit = ["--timeout", "2"] if "time.sleep" in body else []
    ran = pair.measure(texts["candidate"], texts["baseline"], *limit)
    assert ran.exit_code == 10
    assert f"measure: the {broken}" in ran.sentence
    assert said in ran.sentence
    assert not pair.out.exists()


@pytest.mark.parametrize(
    ("text", "exit_code", "said"),
    [
        ("raise OSError('gone')\n", 10, "importing it raised OSError: gone"),
        ("def load(m):\n    raise OSError('gone')\n", 10, "load(model_dir) raised OSError: gone"),
        ("", 11, "src.predict has no function load"),
        ("import time\ntime.sleep(60)\n", 10, "predictor was still loading the model after 2 s"),
    ],
)
def test_a_model_that_does_not_load(pair: Pair, text: str, exit_code: int, said: str) -> None:
    ran = pair.measure(PREDICT, text, "--timeout", "2")
    assert ran.exit_code == exit_code
    assert "measure: the baseline" in ran.sentence
    assert said in ran.sentence


def test_a_failure_leaves_nothing_of_an_earlier_run(pair: Pair) -> None:
    assert pair.measure(PREDICT, PREDICT).exit_code == 0
    assert pair.measure(PREDICT, predicting("os._exit(0)")).exit_code == 10
    assert list(pair.out.iterdir()) == []


def test_a_secret_is_neither_in_the_sentence_nor_in_what_the_service_prints(pair: Pair, tmp_path: Path) -> None:
    (tmp_path / "env").write_text("TOKEN=hunter2hunter2\n")
    text = predicting("print(os.environ['TOKEN']); raise RuntimeError(os.environ['TOKEN'])")
    ran = pair.measure(text, PREDICT, ML_PIPELINE_ENV_FILE=str(tmp_path / "env"))
    assert "raised RuntimeError: [TOKEN]" in ran.sentence
    assert "hunter2" not in pair.shims[0].said()


def test_a_connection_that_says_nothing_is_no_harm(pair: Pair) -> None:
    """An engine asks so whether a service is up."""
    with pair.shims[0].timing_service(PREDICT) as place:
        host, _, port = place.partition(":")
        for _ in range(3):
            socket.create_connection((host, int(port))).close()
        with pair.shims[1].timing_service(PREDICT) as other:
            assert pair.at(place, other).exit_code == 0


def test_nothing_listens(pair: Pair) -> None:
    with pair.shims[0].timing_service(PREDICT) as place:
        ran = pair.at(place, "127.0.0.1:1")
    assert ran.exit_code == 12
    assert "measure: the baseline's timing service at 127.0.0.1:1 cannot be reached" in ran.sentence


@pytest.mark.parametrize("place", ["7001", ":7001", "host:", "host:http", "host:70000"])
def test_an_address_that_is_none(pair: Pair, place: str) -> None:
    ran = pair.at("127.0.0.1:7001", place)
    assert (ran.exit_code, ran.sentence) == (
        11,
        f"ml-steps: --baseline is '{place}'; expected HOST:PORT, such as 127.0.0.1:7001.",
    )


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 400 Bad Request\n", b'{"seconds": NaN}\n', b'{"seconds": -1}\n', b"{}\n"]
)
def test_another_server_is_no_timing_service(pair: Pair, answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def reply() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(100)
                connection.sendall(answer)

        thread = threading.Thread(target=reply)
        thread.start()
        place = f"127.0.0.1:{server.getsockname()[1]}"
        with pair.shims[1].timing_service(PREDICT) as other:
            ran = pair.at(place, other)
        thread.join()
    assert ran.exit_code == 12
    assert "measure: the candidate: the timing service answered " in ran.sentence


def test_a_request_that_is_none_is_answered(pair: Pair) -> None:
    with pair.shims[0].timing_service(PREDICT) as place:
        host, _, port = place.partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            for request in (b"what?\n", b'{"measure": "all", "round": 0}\n', b'{"measure": "batch", "round": 0}\n'):
                connection.sendall(request)
                answer = Answer.model_validate_json(connection.makefile("rb").readline())
                assert answer.exit_code == 12
                assert "internal error" in answer.error


def test_a_driver_that_goes_away_leaves_the_service_running(pair: Pair) -> None:
    with pair.shims[0].timing_service(PREDICT) as place:
        host, _, port = place.partition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends RST
            connection.sendall(b'{"measure": "batch", "round": 0}\n' * 3)
        with TimingService("candidate", address("candidate", place), 20) as service:
            assert service.seconds("load", 0) > 0


def test_leaving_closes_the_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with TimingService("candidate", server.getsockname(), 20) as service:
            connection, _ = server.accept()
        with connection:
            connection.settimeout(5)
            assert connection.recv(1) == b""
        assert service.name == "candidate"  # still referenced: not the garbage collector closed it


def test_the_interval_of_a_ratio() -> None:
    generator = np.random.default_rng(5)
    baseline = generator.lognormal(0, 0.3, 200)
    taken = ((2 * baseline * generator.lognormal(0, 0.05, 200)).tolist(), baseline.tolist())
    found = ratio(taken)
    assert found.value == pytest.approx(2, rel=0.05)
    assert found.low is not None
    assert found.high is not None
    assert 1.8 < found.low < found.value < found.high < 2.2
    assert found.count == 200
    assert ratio(taken) == found
    few = ratio((taken[0][: FEWEST - 1], taken[1][: FEWEST - 1]))
    assert (few.low, few.high) == (None, None)
