"""Start the server that ships, ask its health, and compare its answers with the predictor's."""

from __future__ import annotations

import argparse
import json
import math
import shlex
import socket
import time
import urllib.error
import urllib.request
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from pathlib import Path
from typing import Any

from . import predictor, process, record, sockets

ROWS_COMPARED = 256
"""At most so many, evenly spaced."""
ROWS_A_REQUEST = 32
TOLERANCE = 1e-6
"""Of a probability, and of a number; less where all that are compared lie within less than 1."""
LOG_SECONDS = 0.5
"""A server may log an error only after its answer."""
_FAULT = r"\W*(ERROR|CRITICAL|FATAL)\b|[\w.]+(Error|Exception)\b"
"""How a line begins that says why a server ends, of a log or a traceback; more lines of its end may follow."""

# Never through the proxy that the environment may name: the server is on this very machine.
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def run(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Write server.json: seconds until healthy, and how many rows were answered as the predictor said."""
    record.clear(options.out, "server.json")
    manifest = record.read(options.manifest)
    out = options.out.resolve()
    paths = [path.resolve() if path else None for path in (options.rows, options.predictions)]
    predictor.enter(manifest)
    command = shlex.join(options.rest)
    if _answers(options.port):
        raise record.Stop(
            record.SETUP,
            f"server: port {options.port} is taken before `{command}` starts; expected it to be free; "
            "stop what listens there.",
        )
    extra = {"PORT": str(options.port), "MODEL_DIR": manifest["model_path"]}
    try:
        server = process.Running(options.rest, secrets, extra)
    except OSError as error:
        raise record.Stop(
            record.SETUP,
            f"server: `{command}` cannot be started: {options.rest[0]!r}: {error.strerror}; expected a program of the "
            "serving environment; set command in [tool.ml-pipeline.image].",
        ) from None
    try:
        seconds = _until_healthy(server, command, options.port, options.health, options.start_timeout)
        _refuse_unreachable(server, command, options.port)
        compared = 0
        if options.predict and paths[0] and paths[1]:
            url = f"http://127.0.0.1:{options.port}{options.predict}"
            compared = _compare(server, url, paths[0], paths[1], options.timeout)
    finally:
        server.kill()
    record.write(out, "server.json", {"health_seconds": seconds, "compared": compared})


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _until_healthy(server: process.Running, command: str, port: int, health: str, limit: float) -> float:
    started, last = time.monotonic(), "no answer"
    while time.monotonic() - started < limit:
        if server.process.poll() is not None:
            result = server.wait(1)
            said = f"({result.last_line(_FAULT)}){result.place()}"
            raise record.Stop(
                record.FAIL,
                f"server: `{command}` {result.ended()} before it answered {health} {said}; "
                "expected a server that stays up; mend it, or set command in [tool.ml-pipeline.image].",
            )
        try:
            with _DIRECT.open(f"http://127.0.0.1:{port}{health}", timeout=min(5, limit)) as response:
                response.read(1 << 16)
                return time.monotonic() - started
        except urllib.error.HTTPError as error:
            last = f"HTTP {error.code}"
        except (OSError, HTTPException) as error:
            last = f"{type(error).__name__}: {getattr(error, 'reason', error)}"
        time.sleep(min(1.0, max(0.05, (time.monotonic() - started) / 10)))  # a server may log each time it is asked
    raise record.Stop(
        record.FAIL,
        f"server: `{command}` did not answer {health} on port {port} within {limit:g} s (last: {last}); expected "
        "HTTP 200; check command, port, health and timeout in [tool.ml-pipeline.image].",
    )


def _refuse_unreachable(server: process.Running, command: str, port: int) -> None:
    """Stop where another program answered, or a server that is reached from inside its container alone.

    Where the system does not say it, go on.
    """
    listening = sockets.listeners(port)
    if sockets.held_elsewhere(listening, server.process.pid):
        raise record.Stop(
            record.SETUP,
            f"server: port {port} was taken by another program while `{command}` started, which does not listen "
            "there; expected the port for itself; stop that program, or set port in [tool.ml-pipeline.image].",
        )
    if listening and all(listener.loopback for listener in listening):
        raise record.Stop(
            record.FAIL,
            f"server: `{command}` listens on localhost alone, where nothing outside its container reaches it; expected "
            "every address; let it listen on 0.0.0.0.",
        )


def _compare(server: process.Running, url: str, rows_file: Path, predictions_file: Path, timeout: float) -> int:
    with predictions_file.open(encoding="utf-8") as file:
        count = sum(1 for _ in file)
    compared = predictor.spaced(rows_file, predictions_file, count, ROWS_COMPARED)
    numbers = [said["prediction"] for _, said in compared if isinstance(said["prediction"], float)]
    spread = max(numbers) - min(numbers) if numbers else 0.0
    apart = TOLERANCE * (min(1.0, spread) or TOLERANCE)
    for first in range(0, len(compared), ROWS_A_REQUEST):
        batch = compared[first : first + ROWS_A_REQUEST]
        answers = _ask(server, url, batch, timeout)
        for (_, said), answer in zip(batch, answers):
            if not _same(said, answer, apart):
                prediction = json.dumps({key: value for key, value in said.items() if key != "row"})
                raise record.Stop(
                    record.FAIL,
                    f"server: row {said['row']}: {url} answered {record.shortened(json.dumps(answer), 200)}, the "
                    f"predictor said {record.shortened(prediction, 200)}; expected the same; make the server use the "
                    "predictor, and take out what another process answers otherwise, such as hash().",
                )
    return len(compared)


def _ask(server: process.Running, url: str, batch: list[predictor.Pair], timeout: float) -> list[Any]:
    body = json.dumps({"rows": [row for row, _ in batch]}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})  # noqa: S310
    where = f"server: {url}, rows {batch[0][1]['row']} to {batch[-1][1]['row']}"
    try:
        with _DIRECT.open(request, timeout=timeout) as response:
            predictions = json.load(response)["predictions"]
    except urllib.error.HTTPError as error:
        body = b""
        with suppress(OSError, HTTPException):  # it may stall
            body = error.read(1 << 16)
        detail = record.shortened(body.decode("utf-8", "replace"), 300)
        if error.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            log = server.wait(LOG_SECONDS)
            detail += f"; its log ends: {log.last_line()}{log.place()}"
        raise record.Stop(
            record.FAIL,
            f"{where}: answered HTTP {error.code} ({detail}); expected 200 and predictions; mend the server, or set "
            "predict in [tool.ml-pipeline.image].",
        ) from None
    except TimeoutError:
        raise record.Stop(
            record.FAIL,
            f"{where}: no answer within {timeout:g} s; expected predictions; make the server faster, or raise timeout "
            "in [tool.ml-pipeline.evaluate].",
        ) from None
    except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
        raise record.Stop(
            record.FAIL,
            f'{where}: {type(error).__name__} ({error}); expected the answer {{"predictions": […]}}; mend the server, '
            "or set predict in [tool.ml-pipeline.image].",
        ) from None
    if not isinstance(predictions, list) or len(predictions) != len(batch):
        count = len(predictions) if isinstance(predictions, list) else type(predictions).__name__
        raise record.Stop(
            record.FAIL, f"{where}: {count} predictions; expected a list of {len(batch)}; mend the server."
        )
    return predictions


def _same(said: dict[str, Any], answer: Any, apart: float) -> bool:
    """Tell whether an answer is what was said; numbers may be `apart`."""
    label = answer.get("label") if isinstance(answer, dict) else answer
    if not _close(said["prediction"], label, apart):
        return False
    probabilities = answer.get("probabilities") if isinstance(answer, dict) else None
    if probabilities is None or "probabilities" not in said:
        return True
    if not isinstance(probabilities, list) or len(probabilities) != len(said["probabilities"]):
        return False
    return all(_close(one, other, TOLERANCE) for one, other in zip(said["probabilities"], probabilities))


def _close(left: Any, right: Any, apart: float) -> bool:
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, float) and isinstance(right, (int, float)):
        try:
            return math.isclose(left, right, rel_tol=TOLERANCE, abs_tol=apart)
        except OverflowError:  # a whole number past the largest float
            return False
    return bool(left == right)
