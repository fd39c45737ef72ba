"""The behavioural cases, which the candidate alone is asked."""

import dagger
from dagger import dag

from ml_pipeline import training
from ml_pipeline.pipeline import Pipeline

TRAINING = "training.json"
ROWS = "case-rows.jsonl"


async def check(pipeline: Pipeline, *, smoke: bool) -> dagger.Directory:
    """Return the cases as rows, judged by what the model will be trained on; its step fails where one is wrong."""
    if pipeline.project.config.evaluate.cases is None:
        return dag.directory()
    described = await training.describe(pipeline, smoke=smoke)
    toolkit = pipeline.toolkit("evaluate").with_mounted_directory("/given", described)
    return pipeline.run_toolkit(toolkit, "cases", "--training-data", "/given")


async def cases(pipeline: Pipeline, model: dagger.Directory) -> dagger.Directory | None:
    """Return the cases as rows, and what is expected of each; None where the project has none.

    A step of its own, so that an edit of a case asks only the candidate again.
    """
    if pipeline.project.config.evaluate.cases is None:
        return None
    # As text, which is keyed by itself; the file would be by the training that made it.
    record = dag.directory().with_new_file(TRAINING, await model.file(TRAINING).contents())
    toolkit = pipeline.toolkit("evaluate").with_mounted_directory("/given", record)
    return pipeline.run_toolkit(toolkit, "cases", "--model", "/given")
