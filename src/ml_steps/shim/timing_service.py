"""Time rounds on demand: one JSON object a line over TCP, so that a driver can alternate between two models.

A request is {"measure": "load" | "single" | "batch" | "cpu", "round": N}, the answer {"seconds": S} as `Rounds`
measures it here, without the way over the network, or {"error": sentence, "exit_code": N}.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import socket
from typing import Any

from . import environment, measure, record
from .rounds import Rounds


def run(options: argparse.Namespace, secrets: dict[str, str]) -> None:
    """Answer one connection after the other until the process is ended from outside."""
    model = measure.prepare(options.manifest, options.rows.resolve())
    with socket.create_server(("", options.port)) as server:
        # What the predictor prints is shown when it scores; here it would only take time, and may hold a secret.
        silence = os.open(os.devnull, os.O_WRONLY)
        for stream in (1, 2):
            os.dup2(silence, stream)
        while True:
            connection, _ = server.accept()
            with connection, contextlib.suppress(ConnectionError):  # a driver that went away
                _answer_all(connection, model, secrets)


def _answer_all(connection: socket.socket, model: Rounds, secrets: dict[str, str]) -> None:
    # Nagle's algorithm holds back a short answer: 400 rounds took 22 s with it, 4.8 s without.
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection.makefile("rwb") as stream:
        for line in stream:
            stream.write(json.dumps(_answer(line, model, secrets)).encode() + b"\n")
            stream.flush()


def _answer(line: bytes, model: Rounds, secrets: dict[str, str]) -> dict[str, Any]:
    try:
        asked = json.loads(line)
        return {"seconds": _one(asked["measure"], asked["round"], model)}
    except record.Stop as stop:
        code, said = stop.exit_code, str(stop)
    except Exception as error:  # the last wall: a driver that gets no answer waits in vain
        code, said = record.INTERNAL, f"internal error: {type(error).__name__}: {error}; try again."
    return {"error": environment.hide(" ".join(said.split()), secrets), "exit_code": code}


def _one(what: str, number: int, model: Rounds) -> float:
    if what == "single":
        return model.single(number)
    return {"load": model.load, "batch": model.batch, "cpu": model.cpu}[what]()
