// Release a model with the ml-pipeline module, from Go.
//
//	dagger call -m examples/go release --source=my-project --address=registry.example/app:1
//	dagger call -m examples/go decide --source=my-project
package main

import (
	"context"
	"errors"

	"dagger/release/internal/dagger"
)

// The exit code of a verdict; any other one means that there is none.
const failed = 10

// What a team puts around the pipeline: when to publish, and what a failing gate means.
type Release struct {
	PythonImage string
	UvImage     string
}

func New(
	// Python image instead of the pipeline's own.
	// +default=""
	pythonImage string,
	// uv image instead of the pipeline's own.
	// +default=""
	uvImage string,
) *Release {
	return &Release{PythonImage: pythonImage, UvImage: uvImage}
}

// Run every stage; publish where all passed, else say what stopped it.
//
// +cache="never"
func (r *Release) Release(
	ctx context.Context,
	// The project's root folder.
	source *dagger.Directory,
	// Where to publish, such as registry.example/app:1.
	address string,
	// The image in production; empty for a first release.
	// +default=""
	baseline string,
) (string, error) {
	pipeline := r.pipeline()
	// Held by its id: a chain of calls is sent whole for every field, and would run it again for each.
	id, err := pipeline.Run(dagger.MlPipelineRunOpts{Source: source, Baseline: baseline}).ID(ctx)
	if err != nil {
		return "", err
	}
	run := dag.LoadMlPipelineRunFromID(dagger.MlPipelineRunID(id))
	summary, err := run.Summary(ctx)
	if err != nil {
		return "", err
	}
	passed, err := run.Passed(ctx)
	if err != nil {
		return "", err
	}
	if !passed {
		return summary + "\nnot released", nil
	}
	// With its evaluation, so that nothing but the image that was judged is published.
	options := dagger.MlPipelinePublishOpts{Source: source, Evaluation: run.Report().Directory("evaluation")}
	reference, err := pipeline.Publish(ctx, run.Model(), address, options)
	if err != nil {
		return "", err
	}
	return summary + "\nreleased " + reference, nil
}

// Train, evaluate and gate; a failing gate is an answer here, not an error.
func (r *Release) Decide(
	ctx context.Context,
	// The project's root folder.
	source *dagger.Directory,
) (string, error) {
	pipeline := r.pipeline()
	model := pipeline.Train(dagger.MlPipelineTrainOpts{Source: source})
	evaluation := pipeline.Evaluate(model, dagger.MlPipelineEvaluateOpts{Source: source})
	table, err := pipeline.Gate(ctx, evaluation, dagger.MlPipelineGateOpts{Source: source})
	var failure *dagger.ExecError
	if errors.As(err, &failure) && failure.ExitCode == failed {
		return "stays where it is\n" + failure.Stdout, nil
	}
	if err != nil {
		return "", err
	}
	return "may be released\n" + table, nil
}

func (r *Release) pipeline() *dagger.MlPipeline {
	return dag.MlPipeline(dagger.MlPipelineOpts{PythonImage: r.PythonImage, UvImage: r.UvImage})
}
