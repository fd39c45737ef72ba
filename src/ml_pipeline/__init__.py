"""From a commit to a production image: lint, test, data contract, training, evaluation, gate, publishing.

Run in your project's folder, or pass it with --source:

    dagger call -m github.com/…/ml-pipeline full-pipeline
    dagger call -m github.com/…/ml-pipeline run report export --path=report

Every function works alone on what the others returned. Exit codes: 0 pass, 10 the verdict is fail,
11 the project, its contract or its data is set up wrongly, 12 internal error.
"""

from ml_pipeline.main import MlPipeline, MlPipelineRun

MLPipeline = MlPipeline

__all__ = ["MLPipeline", "MlPipeline", "MlPipelineRun"]
