"""validate_data: the contract, checked by the toolkit."""

import dagger

from ml_pipeline.pipeline import Pipeline


async def validate(
    pipeline: Pipeline, data: dagger.Directory | None, reference: dagger.Directory | None = None
) -> dagger.Directory:
    """Return the evidence of the data's validation, whatever its verdict."""
    container, path = await pipeline.data(data).mount(pipeline.toolkit(), "/data")
    if reference is None:
        return pipeline.judged(container, "validate", "--data", path, "--exit-zero")
    container = container.with_mounted_directory("/reference", reference)
    return pipeline.judged(container, "validate", "--data", path, "--reference", "/reference", "--exit-zero")
