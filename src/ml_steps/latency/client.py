"""The client of a timing service (`shim/timing_service.py`)."""

from __future__ import annotations

import json
import socket
from contextlib import suppress
from types import TracebackType
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from ml_steps.errors import FailedError, SetupError, StepError, error_of

Measure = Literal["load", "single", "batch", "cpu"]
DOING: dict[Measure, str] = {
    "load": "loading the model",
    "single": "predicting a single row",
    "batch": "predicting a batch",
    "cpu": "predicting 1,000 rows",
}


class Answer(BaseModel):
    """What the service says of one round."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    seconds: float | None = Field(default=None, ge=0)
    error: str = ""
    exit_code: int = 0


def address(option: str, text: str) -> tuple[str, int]:
    """Return host and port of `HOST:PORT`.

    Raises SetupError for any other text.
    """
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        raise SetupError(f"--{option} is {text!r}; expected HOST:PORT, such as 127.0.0.1:7001.")
    return host, int(port)


class TimingService:
    """A connection to the service of one model; use it in a with statement."""

    def __init__(self, name: str, address: tuple[str, int], limit: float) -> None:
        """Connect; `name` says in messages whose model it is, `limit` is in seconds a round.

        Raises StepError when nothing answers there.
        """
        self.name, self._limit = name, limit
        try:
            self._socket = socket.create_connection(address, timeout=limit)
        except OSError as error:
            raise StepError(
                f"measure: the {name}'s timing service at {address[0]}:{address[1]} cannot be reached ({error}); "
                "expected it to listen; try again."
            ) from None
        # Nagle's algorithm would hold back a short request.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stream = self._socket.makefile("rwb")

    def __enter__(self) -> Self:
        """Use it in a with statement."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection; the service stays."""
        with suppress(OSError):  # what could not be sent to a service that is gone
            self._stream.close()
        self._socket.close()

    def seconds(self, measure: Measure, number: int) -> float:
        """Let the service time one round, and return the seconds that it took there.

        Raises FailedError for a predictor that raises, hangs or ends its process, SetupError and StepError as the
        service says; the message names the model.
        """
        try:
            self._stream.write(json.dumps({"measure": measure, "round": number}).encode() + b"\n")
            self._stream.flush()
            line = self._stream.readline()
        except TimeoutError:
            raise FailedError(
                f"measure: the {self.name}'s predictor was still {DOING[measure]} after {self._limit:g} s; expected it "
                "to end; make it faster, or raise timeout in [tool.ml-pipeline.evaluate]."
            ) from None
        except OSError:
            line = b""
        if not line.endswith(b"\n"):
            raise FailedError(
                f"measure: the {self.name}'s process ended while {DOING[measure]}; expected an answer; take what ends "
                "the process out of the predictor, or give it more memory, and try again."
            )
        return self._read(line)

    def _read(self, line: bytes) -> float:
        try:
            answer = Answer.model_validate_json(line)
        except ValidationError:
            answer = Answer()
        if answer.seconds is not None:
            return answer.seconds
        said = answer.error or f"the timing service answered {line[:200]!r}; expected seconds; try again."
        raise error_of(answer.exit_code)(f"measure: the {self.name}: {said}")
