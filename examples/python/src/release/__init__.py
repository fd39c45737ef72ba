"""Release a model with the ml-pipeline module, from Python.

dagger call -m examples/python release --source=my-project --address=registry.example/app:1
dagger call -m examples/python decide --source=my-project
"""

from typing import Annotated

import dagger
from dagger import Doc, dag, function, object_type

FAILED = 10
"""The exit code of a verdict; any other one means that there is none."""

Source = Annotated[dagger.Directory, Doc("The project's root folder.")]


@object_type
class Release:
    """What a team puts around the pipeline: when to publish, and what a failing gate means."""

    python_image: Annotated[str, Doc("Python image instead of the pipeline's own.")] = ""
    uv_image: Annotated[str, Doc("uv image instead of the pipeline's own.")] = ""

    @function(cache="never")
    async def release(
        self,
        source: Source,
        address: Annotated[str, Doc("Where to publish, such as registry.example/app:1.")],
        baseline: Annotated[str, Doc("The image in production; empty for a first release.")] = "",
    ) -> str:
        """Run every stage; publish where all passed, else say what stopped it."""
        pipeline = self._pipeline()
        # Held by its id: a chain of calls is sent whole for every field, and would run it again for each.
        asked = pipeline.run(source=source, baseline=baseline)
        run = dag.load_ml_pipeline_run_from_id(dagger.MlPipelineRunID(await asked.id()))
        summary = await run.summary()
        if not await run.passed():
            return f"{summary}\nnot released"
        # With its evaluation, so that nothing but the image that was judged is published.
        evaluation = run.report().directory("evaluation")
        reference = await pipeline.publish(run.model(), address, source=source, evaluation=evaluation)
        return f"{summary}\nreleased {reference}"

    @function
    async def decide(self, source: Source) -> str:
        """Train, evaluate and gate; a failing gate is an answer here, not an error."""
        pipeline = self._pipeline()
        model = pipeline.train(source=source)
        evaluation = pipeline.evaluate(model, source=source)
        try:
            return "may be released\n" + await pipeline.gate(evaluation, source=source)
        except dagger.ExecError as error:
            if error.exit_code != FAILED:
                raise
            return f"stays where it is\n{error.stdout}"

    def _pipeline(self) -> dagger.MlPipeline:
        return dag.ml_pipeline(python_image=self.python_image, uv_image=self.uv_image)
