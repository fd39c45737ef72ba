"""`server`: it comes up, is healthy, answers as the predictor did, and does not outlive the check."""

# ruff: noqa: E501 - a case a line

from __future__ import annotations

import json
import math
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ml_steps.shim import sockets

from .shims import Ran, Shim

SERVER = """\
import http.server, json, os, sys, threading, time, traceback

def log(what):
    try:
        raise KeyError(what)
    except KeyError:
        said = traceback.format_exc()
        threading.Timer(0.2, lambda: print(said)).start()

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(HEALTH); self.send_header("Content-Length", "0"); self.end_headers()
    def do_POST(self):
        rows = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["rows"]
        status, answer = ANSWER(rows)
        body = json.dumps(answer).encode()
        self.send_response(status); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)

print("starting")
server = http.server.ThreadingHTTPServer(("0.0.0.0", int(os.environ["PORT"])), Handler)
open(os.environ["MODEL_DIR"] + ".pid", "w").write(str(os.getpid()))
server.serve_forever()
"""
GOOD = '200, {"predictions": [len(row["text"]) % 2 for row in rows]}'


@pytest.fixture
def port() -> int:
    """Return a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def serving(shim: Shim, port: int, program: str, *, timeout: str = "10", predictions: list[object] | None = None,
            variables: dict[str, str] | None = None, rows: int = 5) -> Ran:  # fmt: skip
    """Check a server against the predictions of five rows: 0, 1, 0, 1, 0, or those given."""
    shim.write({"serve.py": program})
    path = shim.project.parent / "predictions.jsonl"
    said = predictions if predictions is not None else [{"prediction": row % 2} for row in range(5)]
    path.write_text("".join(json.dumps({"row": row, **dict(one)}) + "\n" for row, one in enumerate(said)))  # type: ignore[call-overload]
    options = [
        "--health",
        "/health",
        "--port",
        str(port),
        "--predict",
        "/predict",
        "--start-timeout",
        timeout,
        "--timeout",
        timeout,
    ]
    files = ["--manifest", str(shim.manifest()), "--rows", str(shim.rows(rows)), "--predictions", str(path)]
    return shim.run("server", *files, *options, "--", "python", "serve.py", variables=variables)


def program(answer: str = GOOD, health: int = 200) -> str:
    return f"HEALTH = {health}\ndef ANSWER(rows):\n    return {answer}\n{SERVER}"


def test_a_good_server(shim: Shim, port: int) -> None:
    """It is asked directly, whatever proxy the environment names, and is gone afterwards."""
    proxy = {"http_proxy": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9"}
    ran = serving(shim, port, program(), variables=proxy)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.left() == {"server.json"}
    record = ran.record("server.json")
    assert record["compared"] == 5
    assert record["health_seconds"] > 0
    pid = (shim.project / "model.pid").read_text()
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('200, {"predictions": [0] * len(rows)}', "row 1: http://127.0.0.1:PORT/predict answered 0, the predictor said {\"prediction\": 1}"),
        ('200, {"predictions": [False] * len(rows)}', "row 0: http://127.0.0.1:PORT/predict answered false"),
        ('200, {"predictions": [0]}', "rows 0 to 4: 1 predictions; expected a list of 5"),
        ('200, {"predictions": {"0": 1}}', "rows 0 to 4: dict predictions; expected a list of 5"),
        ('200, {"answers": []}', "rows 0 to 4: KeyError ('predictions'); expected the answer {\"predictions\": […]}"),
        ("200, []", "TypeError"),
        ('500, {"detail": "no model"}', 'answered HTTP 500 ({"detail": "no model"}; its log ends: '),
        ("log('no model') or (500, {})", "answered HTTP 500 ({}; its log ends: KeyError: 'no model' at serve.py:8); expected 200"),
        ("log('no model') or (400, {})", "answered HTTP 400 ({}); expected 200"),
        ("time.sleep(60)", "rows 0 to 4: no answer within 4 s; expected predictions; make the server faster, or raise timeout in [tool.ml-pipeline.evaluate]"),
        ("os._exit(3)", "expected the answer"),
    ],
)  # fmt: skip
def test_other_answers_than_the_predictors(shim: Shim, port: int, answer: str, said: str) -> None:
    timeout = "4" if "sleep" in answer else "20"
    ran = serving(shim, port, program(answer), timeout=timeout)
    assert ran.exit_code == 10
    assert said.replace("PORT", str(port)) in ran.sentence()
    assert "expected" in ran.sentence()
    assert ran.left() == set()
    assert not Path(f"/proc/{(shim.project / 'model.pid').read_text()}").exists()


def test_an_error_whose_body_never_comes(shim: Shim, port: int) -> None:
    ran = serving(shim, port, program("500, {}").replace("self.wfile.write(body)", "time.sleep(60)"), timeout="4")
    assert ran.exit_code == 10
    assert "answered HTTP 500 (; its log ends: " in ran.sentence()


@pytest.mark.parametrize(("count", "compared"), [(256, 256), (257, 86), (1000, 200)])
def test_rows_of_all_the_holdout_are_compared(shim: Shim, port: int, count: int, compared: int) -> None:
    said: list[object] = [{"prediction": row % 2} for row in range(count)]
    ran = serving(shim, port, program(), predictions=said, rows=count)
    assert ran.record("server.json")["compared"] == compared
    last = (compared - 1) * (math.ceil(count / 256) | 1)
    said[last] = {"prediction": 7}
    ran = serving(shim, port, program(), predictions=said, rows=count)
    assert ran.exit_code == 10
    assert f"server: row {last}: " in ran.sentence()


@pytest.mark.parametrize("scale", [1.0, 1e-9])
@pytest.mark.parametrize(("off", "exit_code"), [(0.0, 10), (1.001, 10), (1.0000001, 0)])
def test_numbers_are_compared_by_their_own_size(
    shim: Shim, port: int, scale: float, off: float, exit_code: int
) -> None:
    said: list[object] = [{"prediction": scale * row} for row in range(5)]
    answer = f"200, {{'predictions': [{off * scale} * len(row['text']) for row in rows]}}"
    assert serving(shim, port, program(answer), predictions=said).exit_code == exit_code


@pytest.mark.parametrize(
    ("said", "answer", "exit_code"), [([0.0] * 5, "1e-17", 0), ([0.0, 0.0, 0.0, 0.0, 1e6], "0.9", 10)]
)
def test_numbers_that_do_not_differ_or_differ_much(
    shim: Shim, port: int, said: list[float], answer: str, exit_code: int
) -> None:
    predictions: list[object] = [{"prediction": one} for one in said]
    program_ = program(f"200, {{'predictions': [{answer}] * 4 + [{said[-1]} or {answer}]}}")
    assert serving(shim, port, program_, predictions=predictions).exit_code == exit_code


@pytest.mark.parametrize(
    ("answer", "exit_code"),
    [
        ('{"label": 1, "probabilities": [0.25, 0.7500000001]}', 0),
        ('{"label": 1}', 0),
        ("1", 0),
        ('{"label": 1, "probabilities": [0.75, 0.25]}', 10),
        ('{"label": 1, "probabilities": [0.25, 0.5, 0.25]}', 10),
        ('{"label": 1, "probabilities": 0.75}', 10),
        ('{"label": 1, "probabilities": [10**400, 0.75]}', 10),
        ('{"label": "1", "probabilities": [0.25, 0.75]}', 10),
        ("{}", 10),
    ],
)
def test_probabilities_are_compared_closely(shim: Shim, port: int, answer: str, exit_code: int) -> None:
    said: list[object] = [{"prediction": 1, "probabilities": [0.25, 0.75]}] * 5
    ran = serving(shim, port, program(f'200, {{"predictions": [{answer}] * len(rows)}}'), predictions=said)
    assert ran.exit_code == exit_code
    if exit_code:
        assert "row 0: " in ran.sentence()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (program(health=500), "did not answer /health on port PORT within 3 s (last: HTTP 500); expected HTTP 200"),
        ("import time; time.sleep(60)", "did not answer /health on port PORT within 3 s (last: URLError: "),
        ("print('no config'); raise SystemExit(4)", "exited 4 before it answered /health (no config); expected a server"),
        ("print('[ERROR] port is in use\\nINFO: bye'); raise SystemExit(1)", "exited 1 before it answered /health ([ERROR] port is in use); "),
        ("print('ERROR: no exporter'); raise ValueError('no config')", "exited 1 before it answered /health (ValueError: no config)"),
        ("raise ValueError('no config')", "exited 1 before it answered /health (ValueError: no config) at serve.py:1; "),
        ("import nowhere", "(ModuleNotFoundError: No module named 'nowhere')"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "was killed by SIGKILL before it answered"),
    ],
)  # fmt: skip
def test_a_server_that_does_not_come_up(shim: Shim, port: int, text: str, said: str) -> None:
    ran = serving(shim, port, text, timeout="3")
    assert ran.exit_code == 10
    assert said.replace("PORT", str(port)) in ran.sentence()
    assert "[tool.ml-pipeline.image]" in ran.sentence()
    assert ran.left() == set()


def test_something_else_than_http_is_no_server(shim: Shim, port: int) -> None:
    text = (
        "import os, socket\nlisten = socket.create_server(('127.0.0.1', int(os.environ['PORT'])))\n"
        "while True:\n    one, _ = listen.accept(); one.recv(9999); one.sendall(b'220 mail\\r\\n'); one.close()\n"
    )
    ran = serving(shim, port, text, timeout="2")
    assert ran.exit_code == 10
    assert "(last: BadStatusLine: 220 mail" in ran.sentence()


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1"])
def test_a_server_that_only_its_own_container_reaches(shim: Shim, port: int, address: str) -> None:
    family = f"http.server.ThreadingHTTPServer.address_family = socket.AF_INET{'6' if ':' in address else ''}"
    text = program().replace('("0.0.0.0"', f'("{address}"')
    ran = serving(shim, port, text.replace("class Handler", f"import socket\n{family}\n\nclass Handler"))
    assert ran.exit_code == 10
    assert "listens on localhost alone, where nothing outside its container reaches it; expected" in ran.sentence()
    assert ran.left() == set()


@pytest.mark.parametrize(("address", "loopback"), [("0100007F", True), ("0302017F", True), ("00000000", False), ("0100000A", False),
    ("00000000000000000000000001000000", True), ("0" * 32, False), ("0000000000000000FFFF00000100007F", True), ("0000000000000000FFFF00000100000A", False)])  # fmt: skip
def test_addresses_that_lead_back(address: str, loopback: bool) -> None:
    assert sockets.Listener(address, "1").loopback is loopback


def test_a_program_that_takes_the_port_meanwhile_is_not_the_server(shim: Shim, port: int) -> None:
    stranger = (
        "import http.server, os, threading; os.chdir('/var/empty' if os.path.exists('/var/empty') else '/')\n"
        f"server = http.server.ThreadingHTTPServer(('0.0.0.0', {port}), http.server.SimpleHTTPRequestHandler)\n"
        "threading.Timer(10, server.shutdown).start(); server.serve_forever()"
    )
    started = shim.project / "started"
    wait = f"import os, time\nwhile not os.path.exists({str(started)!r}): time.sleep(0.05)\n"
    other = subprocess.Popen([sys.executable, "-c", wait + stranger])
    text = f"import time\nopen({str(started)!r}, 'w').close()\ntime.sleep(9)"
    options = ["--manifest", str(shim.manifest()), "--health", "/", "--port", str(port), "--start-timeout", "8"]
    shim.write({"serve.py": text})
    ran = shim.run("server", *options, "--", "python", "serve.py")
    other.kill()
    other.wait()
    assert ran.exit_code == 11
    assert f"port {port} was taken by another program while `python serve.py` started" in ran.sentence()
    assert ran.left() == set()


def test_a_server_in_a_session_of_its_own_is_the_server(shim: Shim, port: int) -> None:
    shim.write({"inner.py": program()})
    init = "import subprocess, sys\nsubprocess.run([sys.executable, 'inner.py'], start_new_session=True)"
    ran = serving(shim, port, init)
    os.kill(int((shim.project / "model.pid").read_text()), signal.SIGKILL)
    assert (ran.exit_code, ran.stderr) == (0, "")


def test_a_taken_port_is_named_and_its_owner_left_alone(shim: Shim) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        ran = serving(shim, port, program())
        assert other.fileno() > 0
    assert ran.exit_code == 11
    assert f"port {port} is taken before `python serve.py` starts" in ran.sentence()
    assert ran.left() == set()


@pytest.mark.parametrize(("name", "why"), [("no-such-server", "No such file"), ("./serve.sh", "Permission denied")])
def test_a_program_that_cannot_be_started(shim: Shim, port: int, name: str, why: str) -> None:
    shim.write({"serve.sh": "#!/bin/sh\n"})
    options = ["--manifest", str(shim.manifest()), "--health", "/", "--port", str(port), "--start-timeout", "5"]
    ran = shim.run("server", *options, "--", name)
    assert ran.exit_code == 11
    assert f"`{name}` cannot be started: '{name}': {why}" in ran.sentence()


def test_an_earlier_record_is_not_taken_for_this_one(shim: Shim, port: int) -> None:
    assert serving(shim, port, program()).left() == {"server.json"}
    assert serving(shim, port, "raise SystemExit(1)").left() == set()
