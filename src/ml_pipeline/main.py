"""The module's functions, in the order in which a pipeline runs them."""

from importlib import metadata
from typing import Annotated

import dagger
from dagger import Doc, check, field, function, object_type

from ml_pipeline import args, code, evaluation, gating, image, images, publishing, training
from ml_pipeline.data import validate
from ml_pipeline.environments import ML_STEPS, SOURCE, Environments, Settings, prepare, python_image
from ml_pipeline.failing import one_sentence
from ml_pipeline.pipeline import Pipeline
from ml_pipeline.project_tree import DataFolder, Tree
from ml_pipeline.running import Options, Run
from ml_steps.errors import SetupError
from ml_steps.stages import selected

PAGES = "To keep these pages: the same call with `run … report export --path=report`, without --address."


async def _verdict(environments: Environments, evidence: dagger.Directory, hint: str = "") -> str:
    """Return the table of a report or a stage; an exec that fails where it says fail, and then gives the hint."""
    toolkit = environments.toolkit.with_mounted_directory("/evidence", evidence)
    return await toolkit.with_exec([*ML_STEPS, "verdict", "/evidence", f"--hint={hint}"]).stdout()


@object_type
class MlPipelineRun:
    """What a run found, and what it made."""

    summary: Annotated[str, Doc("One line a stage: name, verdict, seconds, key figure.")] = field()
    passed: Annotated[bool, Doc("Whether every stage that was asked for passed.")] = field()
    report: Annotated[
        dagger.Directory, Doc("Evidence of every stage as JSON, Markdown, HTML, JUnit and SARIF; open index.html.")
    ] = field()
    model: Annotated[dagger.Directory, Doc("The trained model; empty where training was not reached.")] = field()
    image: Annotated[dagger.Container, Doc("The production image; empty where it was not reached.")] = field()


@object_type
class MlPipeline:
    """From a commit to a production image."""

    python_version: Annotated[
        str,
        Doc("Python of the project, such as 3.13. Empty: .python-version, else the highest requires-python allows."),
    ] = ""
    python_image: Annotated[
        str,
        Doc(
            "Full reference of the Python image. Empty: the module's, by digest. Its Python is used, whatever "
            "--python-version, .python-version and requires-python say."
        ),
    ] = ""
    cuda_image: Annotated[str, Doc("Full reference of the CUDA PyTorch image. Empty: the module's, by digest.")] = ""
    uv_image: Annotated[str, Doc("Full reference of the uv image. Empty: the module's, by digest.")] = ""
    cache_prefix: Annotated[str, Doc("First part of the cache volumes' names; change it to start cold.")] = (
        "ml-pipeline"
    )
    index_url: Annotated[str, Doc("Package index instead of PyPI (a uv.lock's own addresses still rule).")] = ""
    index_credentials: Annotated[dagger.Secret | None, Doc("netrc file with the package index's credentials.")] = None
    registry_username: Annotated[str, Doc("User at the registry, for pulling the baseline and publishing.")] = ""
    registry_password: Annotated[dagger.Secret | None, Doc("Password or token of that user.")] = None
    env_file: Annotated[
        dagger.Secret | None, Doc("dotenv file whose variables only the project's own commands get (tokens, keys).")
    ] = None
    revision: Annotated[str, Doc("Commit, for the image's label and the report.")] = ""

    @function
    @check
    async def lint(self, ws: dagger.Workspace, source: args.Source = None) -> str:
        """Run the linters: ruff, and ruff format and mypy where the project configures them."""
        async with one_sentence(self._python()):
            pipeline = await self._pipeline(ws, source)
            return await _verdict(pipeline.environments, await code.lint(pipeline))

    @function
    @check
    async def test(self, ws: dagger.Workspace, source: args.Source = None, data: args.Data = None) -> str:
        """Run the project's tests. A suite that collects nothing fails."""
        async with one_sentence(self._python()):
            pipeline = await self._pipeline(ws, source, data)
            return await _verdict(pipeline.environments, await code.test(pipeline))

    @function(cache="never")  # what it finds depends on the time
    @check
    async def validate_data(
        self,
        ws: dagger.Workspace,
        source: args.Source = None,
        data: args.Data = None,
        reference: args.Reference = None,
    ) -> str:
        """Check the data against its contract; without one, its structure (readable, rows, no leakage)."""
        async with one_sentence(self._python()):
            pipeline = await self._pipeline(ws, source, data)
            return await _verdict(pipeline.environments, await validate(pipeline, reference))

    @function
    async def train(
        self,
        ws: dagger.Workspace,
        source: args.Source = None,
        data: args.Data = None,
        epochs: args.Epochs = None,
        gpu: args.Gpu = False,
        smoke: args.Smoke = False,
    ) -> dagger.Directory:
        """Train on the training file alone. Returns the model's files and training.json; use `export --path=model`."""
        async with one_sentence(self._python()):
            pipeline = await self._pipeline(ws, source, data)
            trained = await training.train(pipeline, epochs=epochs, gpu=gpu, smoke=smoke)
            return await trained.directory("model").sync()

    @function
    async def build_image(
        self, ws: dagger.Workspace, model: args.Model, source: args.Source = None
    ) -> dagger.Container:
        """Build the production image: serving dependencies, code and model, not running as root."""
        async with one_sentence(self._python()):
            pipeline = await self._pipeline(ws, source)
            return await (await image.build(pipeline, model)).container.sync()

    @function
    async def evaluate(
        self,
        ws: dagger.Workspace,
        model: args.Model,
        source: args.Source = None,
        data: args.Data = None,
        baseline: args.Baseline = "",
        remeasure: args.Remeasure = False,
    ) -> dagger.Directory:
        """Score the holdout inside the image that ships, and inside the baseline's; `export --path=evaluation`."""
        async with one_sentence(self._python()):
            pipeline = await self._pipeline(ws, source, data)
            built = await image.build(pipeline, model)
            found = await evaluation.find_baseline(pipeline, baseline)
            smoke = await publishing.is_smoke(model)
            scored = await evaluation.evaluate(pipeline, built, found, smoke=smoke, remeasure=remeasure)
            return await scored.sync()

    @function
    async def gate(
        self,
        ws: dagger.Workspace,
        evaluation: Annotated[dagger.Directory, Doc("The folder that evaluate returned.")],
        source: args.Source = None,
        data_report: args.DataReport = None,
        test_report: args.TestReport = None,
    ) -> str:
        """Decide by the project's rules whether the model may be released. Reads evidence and rules only."""
        async with one_sentence(self._python()):
            pipeline = await self._pipeline(ws, source)
            return await _verdict(pipeline.environments, gating.gate(pipeline, evaluation, data_report, test_report))

    @function(cache="never")
    async def full_pipeline(
        self,
        ws: dagger.Workspace,
        source: args.Source = None,
        data: args.Data = None,
        epochs: args.Epochs = None,
        gpu: args.Gpu = False,
        smoke: args.Smoke = False,
        baseline: args.Baseline = "",
        reference: args.Reference = None,
        address: Annotated[str, Doc("Where to publish, such as registry/app:tag. Empty: nothing is published.")] = "",
    ) -> str:
        """Run every stage, decide, and publish where the decision is pass. Prints a line a stage and the image."""
        async with one_sentence(self._python()):
            if smoke and address:
                raise SetupError(f"--smoke results are never published; leave out --smoke or --address={address}.")
            if address:
                publishing.refuse_malformed(address)
            pipeline = await self._pipeline(ws, source, data)
            done = Run(pipeline, Options(epochs, gpu, smoke, baseline, reference, selected(())))
            await done.all()
            if not done.passed():
                return await _verdict(pipeline.environments, done.report(), PAGES)
            if not address:
                then = "a SMOKE image is never published" if smoke else "add --address=REGISTRY/NAME:TAG to publish it"
                return f"{done.summary()}\nimage: built, not published; {then}"
            try:
                published = await publishing.publish(pipeline, *done.shippable(), address)
            except SetupError as error:
                raise SetupError(f"every stage passed, but nothing was published: {error}") from None
            return f"{done.summary()}\nimage: {published}"

    @function(cache="never")
    async def run(
        self,
        ws: dagger.Workspace,
        source: args.Source = None,
        data: args.Data = None,
        epochs: args.Epochs = None,
        gpu: args.Gpu = False,
        smoke: args.Smoke = False,
        baseline: args.Baseline = "",
        reference: args.Reference = None,
        stages: Annotated[
            list[str] | None,
            Doc(
                "Only these and what they need, of lint, test, validate_data, train, build_image, evaluate, gate. "
                "Left out: all."
            ),
        ] = None,
    ) -> MlPipelineRun:
        """Run the stages and return what they found, whatever the verdict: `run report export --path=report`."""
        async with one_sentence(self._python()):
            pipeline = await self._pipeline(ws, source, data)
            done = Run(pipeline, Options(epochs, gpu, smoke, baseline, reference, selected(stages or ())))
            await done.all()
            return MlPipelineRun(
                summary=done.summary(),
                passed=done.passed(),
                report=await done.report().sync(),
                model=done.made_model(),
                image=done.made_image(),
            )

    @function
    async def verdict(
        self,
        report: Annotated[dagger.Directory, Doc("An exported report of run, or one stage's folder.")],
    ) -> str:
        """Print the table of an exported report and fail where it says fail. Runs nothing again."""
        async with one_sentence(self._python()):
            return await _verdict(await prepare(self._settings(self._python())), report)

    @function(cache="never")
    async def publish(
        self,
        ws: dagger.Workspace,
        model: args.Model,
        address: Annotated[str, Doc("Where to publish, such as registry/app:tag.")],
        source: args.Source = None,
        evaluation: Annotated[
            dagger.Directory | None,
            Doc("The folder that evaluate returned: publish only where the gate passes it. Left out: no gate."),
        ] = None,
        data_report: args.DataReport = None,
        test_report: args.TestReport = None,
    ) -> str:
        """Build and publish the image of a model. Returns its reference by digest."""
        async with one_sentence(self._python()):
            publishing.check_reports(evaluation, data_report, test_report)
            publishing.refuse_malformed(address)
            pipeline = await self._pipeline(ws, source)
            if evaluation is not None:
                await publishing.check_evaluated(model, evaluation)
                await _verdict(pipeline.environments, gating.gate(pipeline, evaluation, data_report, test_report))
            built = await image.build(pipeline, model)
            await built.container.sync()
            if evaluation is not None:
                await publishing.check_image(built, evaluation)
            return await publishing.publish(pipeline, built.container, model, address)

    @function
    def version(self) -> str:
        """Return the module's version, for a bug report."""
        return metadata.version("ml-pipeline")

    @function
    async def container(self, ws: dagger.Workspace, source: args.Source = None) -> dagger.Container:
        """Return the project's development environment with its code: `dagger call container terminal`."""
        async with one_sentence(self._python()):
            pipeline = await self._pipeline(ws, source)
            environment = await pipeline.environment("dev")
            return await environment.with_mounted_directory(SOURCE, pipeline.source_of("test")).sync()

    def _python(self) -> str:
        """Return a Python image for what depends on no project."""
        return self.python_image or images.PYTHON["3.13"]

    async def _pipeline(
        self, ws: dagger.Workspace, source: dagger.Directory | None, data: dagger.Directory | None = None
    ) -> Pipeline:
        tree = Tree(source, ws)
        project = await tree.project()
        python = await python_image(tree, project, image=self.python_image, version=self.python_version)
        settings = self._settings(python)
        folder = DataFolder(tree, data, project.config.data.directory)
        return Pipeline(settings, tree, project, await prepare(settings), folder)

    def _settings(self, python: str) -> Settings:
        return Settings(
            python_image=python,
            toolkit_image=self._python(),
            cuda_image=self.cuda_image or images.CUDA,
            uv_image=self.uv_image or images.UV,
            cache_prefix=self.cache_prefix,
            index_url=self.index_url,
            index_credentials=self.index_credentials,
            env_file=self.env_file,
            registry_username=self.registry_username,
            registry_password=self.registry_password,
            revision=self.revision,
        )
