"""Take an ML project from its data contract to a release decision, stage by stage.

New here? `ml-steps run --source PROJECT --out report`, then open report/index.html. A command that
judges writes its evidence (JSON, Markdown, HTML, JUnit) into --out and prints a table. Exit codes:
0 pass, 10 the verdict is fail or needs review, 11 the project, contract or data is set up wrongly,
12 internal error, 2 a wrong command line, 130 stopped.
"""

from __future__ import annotations

import argparse
import io
import os
import re
import signal
import sys
from collections.abc import Callable

from ml_steps import errors
from ml_steps.options import parser


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code; an expected failure prints one sentence, never a traceback."""
    summary, _, details = (__doc__ or "").partition("\n\n")
    options = parser(summary, details).parse_args(argv)
    if isinstance(sys.stdout, io.TextIOWrapper):  # what a terminal cannot show is shown as another character
        sys.stdout.reconfigure(errors="replace")
    # A CI job that is cancelled, or `timeout`: what was started ends too, and nothing half-done is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        from ml_steps import commands, output

        run: Callable[[argparse.Namespace], int] = getattr(commands, re.sub("[- ]", "_", options.command))
        with output.none_empty(getattr(options, "out", None)):
            exit_code = run(options)
            sys.stdout.flush()
            return exit_code
    except errors.StepError as error:
        return _sentence(str(error), error.exit_code)
    except BrokenPipeError:  # whoever read what is printed has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return errors.EXIT_INTERRUPTED
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return _sentence(f"{where}{error.strerror or error}; mend that, and run it again.", errors.EXIT_SETUP)
    except KeyboardInterrupt:
        return _sentence("stopped before the end, by the keyboard or a signal.", errors.EXIT_INTERRUPTED)
    except Exception as error:  # the last wall: one sentence, the exit code of a fault of ours
        if os.environ.get("ML_STEPS_TRACEBACK"):
            raise
        name, said = type(error).__name__, " ".join(str(error).split())[:600]
        return _sentence(
            f"internal error in `{options.command}`: {name}: {said}; "
            "set ML_STEPS_TRACEBACK=1 and report what it prints.",
            errors.EXIT_INTERNAL,
        )


def _sentence(text: str, exit_code: int) -> int:
    print(f"ml-steps: {text}", file=sys.stderr)
    return exit_code
