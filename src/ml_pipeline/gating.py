"""gate: a pure function of evidence and rules."""

import dagger

from ml_pipeline.pipeline import Pipeline


def gate(
    pipeline: Pipeline,
    evaluation: dagger.Directory,
    data_report: dagger.Directory | None,
    test_report: dagger.Directory | None,
) -> dagger.Directory:
    """Return the evidence of the decision, whatever it is."""
    container = pipeline.toolkit().with_mounted_directory("/evaluation", evaluation)
    arguments = ["--evaluation", "/evaluation"]
    for option, report in (("--data-report", data_report), ("--test-report", test_report)):
        if report is not None:
            container = container.with_mounted_directory(f"/{option.strip('-')}", report)
            arguments += [option, f"/{option.strip('-')}"]
    return pipeline.run_toolkit(container, "gate", *arguments, "--exit-zero")
