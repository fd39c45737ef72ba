"""Ending badly in one sentence: no traceback, and the exit code that ml-steps means."""

import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import dagger
from dagger import dag

from ml_steps.errors import EXIT_FAIL, EXIT_INTERNAL, EXIT_SETUP, SetupError

OURS = (EXIT_FAIL, EXIT_SETUP, EXIT_INTERNAL)
_STEPS = re.compile(r'^failed to resolve identity inputs for [\w.]+: resolve implicit input "\w+": ')
_SENTENCE = re.compile(r"^(?:ml-pipeline|ml-steps): (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Problem:
    """What stopped a stage: an exit code of ml-steps and one sentence."""

    exit_code: int
    message: str

    @property
    def state(self) -> str:
        """FAIL where the project's own command or model is at fault, else ERROR."""
        return "FAIL" if self.exit_code == EXIT_FAIL else "ERROR"


def explain(error: Exception) -> Problem:
    """Turn an error of the configuration, of an exec, of the engine or of ours into a problem."""
    if isinstance(error, SetupError):
        return Problem(EXIT_SETUP, str(error))
    if isinstance(error, dagger.ExecError):
        sentences = _SENTENCE.findall(error.stderr)
        if sentences:
            return Problem(error.exit_code, sentences[-1])
        return _of_a_command(error.command, error.exit_code, error.stderr or error.stdout)
    said = words(error)
    if isinstance(error, dagger.QueryError):
        return Problem(EXIT_SETUP, _from_engine(said))
    return Problem(EXIT_INTERNAL, f"internal error: {type(error).__name__}: {said}; please report it.")


def words(error: Exception) -> str:
    """Return what an error says, on one line and without the names of the engine's own steps in front."""
    return _STEPS.sub("", " ".join(str(error).split()))


def _of_a_command(command: list[str], exit_code: int, output: str) -> Problem:
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = lines[-1] if lines else "no output"
    if command[:2] == ["uv", "pip"]:
        return Problem(
            EXIT_SETUP,
            f"the module's own packages cannot be installed: {said}; expected a package index that has them; check "
            "--index-url, --index-credentials and the network.",
        )
    return Problem(EXIT_INTERNAL, f"`{' '.join(command)[:200]}` exited {exit_code}: {said}")


def _from_engine(said: str) -> str:
    if "GPU support is not enabled" in said:
        return (
            "gpu was asked for, but this engine has no GPU support; expected an engine started with "
            "_EXPERIMENTAL_DAGGER_GPU_SUPPORT on a machine with the NVIDIA container toolkit; "
            "see docs/gpu.md, or leave out --gpu."
        )
    if "failed to read secret file" in said or "secret env var not found" in said:
        return (
            f"a secret cannot be read: {said.rpartition('desc = ')[2]}; expected one that the CLI finds, such as "
            "file:PATH or env:NAME; check --env-file, --index-credentials and --registry-password."
        )
    if "failed to resolve" in said or said.endswith("not found"):
        return (
            f"an image cannot be pulled: {said}; expected an image that the engine can reach (a mirror often has tags "
            "without digests); pass another with --python-image, --uv-image or --cuda-image."
        )
    return f"the engine says: {said}"


@asynccontextmanager
async def one_sentence(image: str) -> AsyncIterator[None]:
    """Let whatever goes wrong inside reach the CLI as one sentence with its exit code.

    `image` runs the exec that ends with the code, where no exec of the pipeline did.
    """
    failed: Exception
    try:
        yield
        return
    except Exception as error:  # every way to fail ends in one sentence
        said_by_us = isinstance(error, dagger.ExecError) and error.exit_code in OURS
        failed = error if said_by_us else await _failing_exec(explain(error), image)
    raise quiet(failed)


class PipelineError(Exception):
    """A problem for which no exec could be run; it says its sentence, but its exit code is lost."""


def quiet(error: Exception) -> Exception:
    """Clear what would print a traceback; the CLI then shows an exec's own output and exit code alone."""
    sys.tracebacklimit = 0
    error.__cause__ = error.__context__ = None
    return error.with_traceback(None)


async def _failing_exec(problem: Problem, image: str) -> Exception:
    """Run an exec that says the sentence and ends with the code: only an exec's code reaches the caller."""
    program = "import sys; print('ml-pipeline: ' + sys.argv[1], file=sys.stderr); sys.exit(int(sys.argv[2]))"
    argv = ["python3", "-c", program, problem.message, str(problem.exit_code)]
    try:
        await dag.container().from_(image).with_exec(argv).sync()
    except dagger.ExecError as error:
        return error
    except dagger.QueryError:
        return PipelineError(problem.message)
    raise AssertionError("an exec with a code other than 0 must fail")
