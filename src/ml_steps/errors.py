"""How a step ends badly: three kinds of error, and the exit codes that tell them apart."""

EXIT_PASS = 0
EXIT_FAIL = 10  # a verdict: the code, the data or the model is not good enough
EXIT_SETUP = 11  # no verdict: the project, its contract or its data is set up wrongly
EXIT_INTERNAL = 12  # no verdict: a fault of ours
EXIT_INTERRUPTED = 130  # no verdict: stopped by the keyboard or by SIGTERM


class StepError(Exception):
    """One sentence for the reader: what, where, the actual, the expected and the next step."""

    exit_code = EXIT_INTERNAL


class SetupError(StepError):
    """The project, the contract or the data is set up wrongly; nothing was judged."""

    exit_code = EXIT_SETUP


class FailedError(StepError):
    """The project's own command or predictor broke its contract; there is nothing to judge further."""

    exit_code = EXIT_FAIL


def error_of(exit_code: int) -> type[StepError]:
    """Return the kind of error that ends with the code; StepError for any other code."""
    return next((kind for kind in (SetupError, FailedError) if kind.exit_code == exit_code), StepError)
