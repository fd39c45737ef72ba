"""train: the project's command in its training environment, on the training file alone."""

import dagger
from dagger import dag

from ml_pipeline.environments import DATA, OUT, SHIM, SOURCE, VENV
from ml_pipeline.pipeline import Pipeline
from ml_steps import shim_argv, stages

DESCRIBED = "/described"
COLLECTED = "/collected"
MOST_PATHS = 100
"""A model of more files is passed on as one folder: a file is a step of one query, which nests no deeper."""


async def describe(pipeline: Pipeline, *, smoke: bool) -> dagger.Directory:
    """Return what the toolkit says of the training file; of a smoke run, the cut file as well."""
    return await pipeline.from_both_files("training-data", smoke=smoke)


async def train(pipeline: Pipeline, *, epochs: int | None, gpu: bool, smoke: bool) -> dagger.Directory:
    """Return the stage's folder: its evidence, and `model` with the files and training.json."""
    count = stages.epochs_of(pipeline.project, epochs, smoke)
    reads = stages.train_reads(pipeline.project)
    described = await describe(pipeline, smoke=smoke)
    if gpu:  # asked before gigabytes are pulled
        probe = dag.container().from_(pipeline.settings.python_image).experimental_with_all_gp_us()
        await probe.with_exec(["python3", "-c", ""]).sync()
    environment = await pipeline.environment("cuda" if gpu else "train")
    environment = pipeline.environments.with_project_secrets(environment)
    environment = environment.with_mounted_directory(SOURCE, pipeline.source_of("train"))
    if smoke:
        path = DATA
        environment = environment.with_mounted_directory(path, described.directory("data"))
    else:
        environment, path = await pipeline.data.mount(environment, DATA, reads)
    if gpu:
        environment = environment.experimental_with_all_gp_us()
    # Training starts only where the training file was found to hold rows.
    await described.sync()
    argv = shim_argv.collect_train(pipeline.project, SHIM, data=path, out=OUT, epochs=count, gpu=gpu)
    trained = environment.with_mounted_directory(OUT, dag.directory()).with_exec([f"{VENV}/bin/python", *argv])
    judge = pipeline.toolkit().with_mounted_directory(COLLECTED, trained.directory(OUT))
    judge = judge.with_mounted_directory(DESCRIBED, described)
    told = ["--smoke"] if smoke else [] if count is None else ["--epochs", str(count)]
    return pipeline.run_toolkit(judge, "train", "--collected", COLLECTED, "--training-data", DESCRIBED, *told)


async def model_of(trained: dagger.Directory) -> dagger.Directory:
    """Return the model of a stage's folder, keyed by what its files hold.

    An edit of the settings judges the training anew; the same model is then neither scored nor timed again.
    """
    folder, model = trained.directory("model"), dag.directory()
    paths = await folder.glob("**")
    if len(paths) > MOST_PATHS:
        return folder
    for path in paths:
        # A folder is keyed by what made it, a file by its content.
        if path.endswith("/"):
            model = model.with_new_directory(path, permissions=0o755)
        else:
            model = model.with_file(path, folder.file(path))
    return model
