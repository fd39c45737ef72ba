"""What one call works on, resolved once: the settings, the tree, the project, and its containers."""

from dataclasses import dataclass, field

import dagger

from ml_pipeline.environments import DATA, OUT, SOURCE, Environments, Settings
from ml_pipeline.project_tree import DataFolder, Tree
from ml_steps import installs, stages
from ml_steps.errors import SetupError
from ml_steps.project import Project


@dataclass(frozen=True)
class Pipeline:
    """A project and where its stages run."""

    settings: Settings
    tree: Tree
    project: Project
    environments: Environments
    data: DataFolder
    """The one passed as --data, else the project's own."""
    _made: dict[installs.Purpose, dagger.Container] = field(default_factory=dict)

    def source_of(self, stage: str) -> dagger.Directory:
        """Return what a stage reads of the project."""
        return self.tree.include(stages.reads(stage, self.project), stages.never_seen(stage, self.project))

    async def contract(self) -> str:
        """Return the text of the data contract; empty where there is none."""
        name = self.project.config.data.contract
        source = self.source_of("validate_data")
        if name is None or not await source.exists(name):
            return ""
        return await source.file(name).contents()

    async def environment(self, purpose: installs.Purpose) -> dagger.Container:
        """Return the project's environment of a purpose, without code."""
        if purpose not in self._made:
            below: list[installs.Purpose] = ["train"] if purpose == "dev" and await self._dev_holds_train() else []
            self._made[purpose] = await self.environments.of_project(self.tree, self.project, *below, purpose)
        return self._made[purpose]

    async def _dev_holds_train(self) -> bool:
        """Return whether the tests' environment is that of training and more: what both have is then installed once."""
        try:
            names = {name for purpose in ("train", "dev") for name in installs.install(self.project, purpose).files}
            texts = {name: await self.tree.text(name) for name in names if name.endswith(".txt")}
            return installs.holds(self.project, "dev", "train", texts)
        except (SetupError, dagger.QueryError):
            return False  # what is not there, the stage that needs it says

    def toolkit(self, stage: str = "validate_data") -> dagger.Container:
        """Return the toolkit's container with what a stage reads in place: the settings, and contract or cases."""
        source = self.source_of(stage)
        if "pyproject.toml" not in self.project.names:
            source = source.with_new_file("pyproject.toml", "")  # what marks a project stays outside: it was seen here
        return self.environments.toolkit.with_mounted_directory(SOURCE, source)

    async def from_both_files(self, command: str, *, smoke: bool) -> dagger.Directory:
        """Run a toolkit command on the training file and the holdout.

        Where no contract states the columns' types, they are told from both.
        """
        container, _ = await self.data.mount(self.toolkit(), DATA, stages.data_reads(self.project))
        return self.run_toolkit(container, command, "--data", self.data.folder, *(["--smoke"] if smoke else []))

    def run_toolkit(self, container: dagger.Container, command: str, *arguments: str) -> dagger.Directory:
        """Run a toolkit command on the project; return the folder that it wrote."""
        return self.environments.run(container, [command, "--source", SOURCE, *arguments]).directory(OUT)
