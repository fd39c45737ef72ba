"""run: the stages in order, each outcome collected, one report at the end."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

import anyio
import dagger
from dagger import dag

from ml_pipeline import cases, code, data, evaluation, gating, image, training
from ml_pipeline.environments import ML_STEPS
from ml_pipeline.failing import Problem, explain
from ml_pipeline.image import Built
from ml_pipeline.pipeline import Pipeline
from ml_steps import stages

Work = Callable[[], Awaitable[dagger.Directory | dagger.Container | None]]


@dataclass(frozen=True)
class Options:
    """What a run was asked for."""

    epochs: int | None
    gpu: bool
    smoke: bool
    baseline: str
    reference: dagger.Directory | None
    stages: tuple[stages.Stage, ...]


@dataclass
class Outcome:
    """How one stage ended: its evidence, or the problem that left none."""

    state: str
    headline: str
    seconds: float | None = None
    """Those that the work took when it ran, also where it was read from a cache."""
    evidence: dagger.Directory | None = None
    exit_code: int = 0
    warned: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether what depends on this stage may run."""
        return self.state in stages.PASSING


@dataclass
class Run:
    """A run under way: outcomes by stage name, and what later stages need of earlier ones."""

    pipeline: Pipeline
    options: Options
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    model: dagger.Directory | None = None
    image: Built | None = None
    baseline: evaluation.Baseline | None = None
    _prepare: Callable[[Work], object] = field(init=False)
    """Starts work that a later stage needs, while the stages run."""

    async def all(self) -> None:
        """Run every stage; those with the same needs run side by side."""
        left = list(self.options.stages)
        async with anyio.create_task_group() as ahead:
            self._prepare = lambda work: ahead.start_soon(_prepared, work)
            for work in self._preparations():
                self._prepare(work)
            while left:
                names = {stage.name for stage in left}
                ready = [stage for stage in left if not names & set(stage.needs)]
                left = [stage for stage in left if stage not in ready]
                async with anyio.create_task_group() as group:
                    for stage in ready:
                        group.start_soon(self._one, stage)
            ahead.cancel_scope.cancel()

    def _preparations(self) -> list[Work]:
        """Return what later stages need that depends on no verdict and is cheap: it is made beside the first ones."""
        smoke = self.options.smoke
        work: list[Work] = []
        if self._asks("train"):
            work.append(lambda: training.describe(self.pipeline, smoke=smoke))
            if not self.options.gpu:  # gigabytes: not before the cheap stages passed
                work.append(lambda: self.pipeline.environment("train"))
        if self._asks("evaluate"):
            work += self._checks_before_training()
        return work

    def _asks(self, stage: str) -> bool:
        return stage in {one.name for one in self.options.stages}

    def _checks_before_training(self) -> list[Callable[[], Awaitable[dagger.Directory]]]:
        """Return what fails where the behavioural cases or the holdout are wrong: else found only after training."""
        smoke = self.options.smoke
        return [
            lambda: cases.check(self.pipeline, smoke=smoke),
            lambda: evaluation.rows(self.pipeline, smoke=smoke),
        ]

    def _parts_of_image(self) -> list[Work]:
        """Return what is made of the image while lint and training run: not beside the tests, which it would slow."""
        if self._asks("evaluate"):
            return [lambda: image.hashed(self.pipeline)]
        return [lambda: self.pipeline.environment("serve")] if self._asks("build_image") else []

    async def _one(self, stage: stages.Stage) -> None:
        """Run one stage; never raises, since that would cancel its siblings and lose their work."""
        blocked = next((need for need in stage.needs if not self.outcomes[need].passed), None)
        if blocked:
            cause = self.outcomes[blocked]
            why = cause.headline if cause.state == "SKIP" else f"not run: {blocked} did not pass"
            self.outcomes[stage.name] = Outcome("SKIP", why)
            return
        try:
            evidence = await self._work[stage.name]()
            text = await evidence.file(stage.evidence).contents()
            outcome = Outcome(*stages.outcome_of(text), evidence, warned=tuple(stages.warnings_of(text)))
        except Exception as error:  # whatever it is, it is this stage's outcome
            outcome = _ended(explain(error))
        self.outcomes[stage.name] = outcome
        if stage.name == "test" and outcome.passed:
            for work in self._parts_of_image():
                self._prepare(work)

    @property
    def _work(self) -> dict[str, Callable[[], Awaitable[dagger.Directory]]]:
        return {
            "lint": lambda: code.lint(self.pipeline),
            "test": lambda: code.test(self.pipeline),
            "validate_data": self._validate,
            "train": self._train,
            "build_image": self._build,
            "evaluate": self._evaluate,
            "gate": self._gate,
        }

    async def _validate(self) -> dagger.Directory:
        reference = self.options.reference or await evaluation.trained_on(await self._baseline())
        return await data.validate(self.pipeline, reference)

    async def _train(self) -> dagger.Directory:
        options = self.options
        if self._asks("evaluate"):
            for work in self._checks_before_training():
                await (await work()).sync()
        trained = await training.train(self.pipeline, epochs=options.epochs, gpu=options.gpu, smoke=options.smoke)
        self.model = await training.model_of(trained)
        return trained.without_directory("model")

    async def _build(self) -> dagger.Directory:
        assert self.model is not None  # noqa: S101 - train passed
        built = await image.build(self.pipeline, self.model)
        if self._asks("evaluate"):
            self._prepare(lambda: cases.cases(self.pipeline, built.model))
        await built.container.sync()
        self.image = built
        return built.evidence

    async def _evaluate(self) -> dagger.Directory:
        assert self.image is not None  # noqa: S101 - build_image passed
        options = self.options
        baseline = await self._baseline()
        return await evaluation.evaluate(self.pipeline, self.image, baseline, smoke=options.smoke, remeasure=False)

    async def _baseline(self) -> evaluation.Baseline:
        """Return the image in production, found once: a tag that moves meanwhile is the same image to the end."""
        if self.baseline is None:
            self.baseline = await evaluation.find_baseline(self.pipeline, self.options.baseline)
        return self.baseline

    async def _gate(self) -> dagger.Directory:
        reports = (self.outcomes[name].evidence for name in ("evaluate", "validate_data", "test"))
        evaluated, validated, tested = reports
        assert evaluated is not None  # noqa: S101 - evaluate passed
        return gating.gate(self.pipeline, evaluated, validated, tested)

    def made_model(self) -> dagger.Directory:
        """Return the model, or an empty folder where training did not pass."""
        train = self.outcomes.get("train")
        return self.model if self.model and train and train.passed else dag.directory()

    def made_image(self) -> dagger.Container:
        """Return the image, or an empty container where it was not reached."""
        return self.image.container if self.image else dag.container()

    def shippable(self) -> tuple[dagger.Container, dagger.Directory]:
        """Return image and model of a run that passed."""
        assert self.image is not None  # noqa: S101 - build_image passed
        assert self.model is not None  # noqa: S101 - train passed
        return self.image.container, self.model

    def summary(self) -> str:
        """Return a table, one line a stage; what warns; and what the baseline is, where one is named."""
        ended = [(stage.name, self.outcomes[stage.name]) for stage in self.options.stages]
        table = stages.summary((name, one.state, one.seconds, one.headline) for name, one in ended)
        told = [stages.warned(name, one.warned) for name, one in ended if one.warned]
        named = self.options.baseline and self.baseline
        text = "\n".join([table, *told])
        return f"{text}\nbaseline: {named.note}" if named else text

    def passed(self) -> bool:
        """Return whether every stage that was asked for passed."""
        return all(self.outcomes[stage.name].passed for stage in self.options.stages)

    def report(self) -> dagger.Directory:
        """Return the report: every stage's evidence and an index page."""
        collected = dag.directory()
        without_evidence: dict[str, dict[str, object]] = {}
        for stage in self.options.stages:
            outcome = self.outcomes[stage.name]
            if outcome.evidence is not None:
                collected = collected.with_directory(stage.folder, outcome.evidence)
            else:
                without_evidence[stage.name] = {
                    "state": outcome.state,
                    "message": outcome.headline,
                    "exit_code": outcome.exit_code,
                }
        record = stages.run_record(
            self.pipeline.project,
            self.options.stages,
            without_evidence,
            smoke=self.options.smoke,
            revision=self.pipeline.settings.revision,
        )
        collected = collected.with_new_file("run.json", record)
        toolkit = self.pipeline.environments.toolkit.with_mounted_directory("/report", collected)
        return toolkit.with_exec([*ML_STEPS, "report", "/report"]).directory("/report")


async def _prepared(work: Work) -> None:
    """Do the work ahead of the stage that needs it; what goes wrong, that stage says itself."""
    with suppress(Exception):
        if made := await work():
            await made.sync()


def _ended(problem: Problem) -> Outcome:
    return Outcome(problem.state, problem.message, exit_code=problem.exit_code)
