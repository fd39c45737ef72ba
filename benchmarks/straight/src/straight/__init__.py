"""The same pipeline, written the straight way: what benchmarks/engine.py compares with.

Copy all of source, pip install -r, run; one stage after the other. Nothing here is made slow on purpose.
"""

import dagger
from dagger import dag, function, object_type

# The checks that matter most of the sample's contract, as one writes them on the first day.
VALIDATE = """
import csv

rows = {name: list(csv.DictReader(open(f"data/{name}.csv", encoding="utf-8"))) for name in ("train", "holdout")}
for name, found in rows.items():
    assert found, f"{name}: no rows"
    for row in found:
        assert set(row) == {"text", "label", "timestamp", "source"}, f"{name}: columns"
        assert len(row["text"]) >= 10 and row["label"] in ("0", "1", "2"), row
assert not {row["text"] for row in rows["train"]} & {row["text"] for row in rows["holdout"]}, "leakage"
"""

EVALUATE = """
import csv

from src.predict import load

rows = list(csv.DictReader(open("data/holdout.csv", encoding="utf-8")))
predicted = [answer["label"] for answer in load("model")([{"text": row["text"]} for row in rows])]
print(sum(int(row["label"]) == label for row, label in zip(rows, predicted)) / len(rows))
"""

FLOOR = 0.67


@object_type
class Straight:
    """From a commit to a published image."""

    python_image: str = "python:3.13-slim"

    async def lint(self, source: dagger.Directory) -> str:
        """Run the linters."""
        environment = self._environment(source, "dev")
        return await environment.with_exec(["ruff", "check", "src", "tests"]).with_exec(["mypy", "src"]).stdout()

    async def test(self, source: dagger.Directory) -> str:
        """Run the tests."""
        return await self._environment(source, "dev").with_exec(["pytest"]).stdout()

    async def validate_data(self, source: dagger.Directory) -> str:
        """Check the data."""
        return await self._environment(source, "dev").with_exec(["python", "-c", VALIDATE]).stdout()

    def train(self, source: dagger.Directory) -> dagger.Directory:
        """Train the model."""
        command = ["python", "-m", "src.train", "--data", "data", "--output", "model", "--epochs", "10"]
        return self._environment(source, "train").with_exec(command).directory("model")

    def build_image(self, source: dagger.Directory, model: dagger.Directory) -> dagger.Container:
        """Build the image that serves the model."""
        container = self._environment(source, "serve").with_directory("model", model).with_exposed_port(8000)
        return container.with_entrypoint(["python", "-m", "src.serve"])

    async def evaluate(self, image: dagger.Container) -> float:
        """Return the accuracy of the image's model on the holdout."""
        return float(await image.with_exec(["python", "-c", EVALUATE]).stdout())

    @function
    async def full_pipeline(self, source: dagger.Directory, address: str) -> str:
        """Run every stage and publish."""
        await self.lint(source)
        await self.test(source)
        await self.validate_data(source)
        image = self.build_image(source, self.train(source))
        accuracy = await self.evaluate(image)
        if accuracy < FLOOR:
            raise ValueError(f"accuracy {accuracy:.3f} is below {FLOOR}")
        return await image.publish(address)

    def _environment(self, source: dagger.Directory, purpose: str) -> dagger.Container:
        return (
            dag.container()
            .from_(self.python_image)
            .with_directory("/app", source)
            .with_workdir("/app")
            .with_exec(["pip", "install", "-r", f"requirements/{purpose}.txt"])
        )
