"""The project's files, read lazily: each stage sees what it reads and nothing else."""

import posixpath
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

import dagger

from ml_steps import lockfile
from ml_steps.errors import SetupError
from ml_steps.project import CASES, CONTRACT, MARKERS, Project, parse_project
from ml_steps.stages import LINT_SETTINGS

ROOT_NAMES = ["pyproject.toml", "requirements*.txt", "uv.lock", ".python-version", CONTRACT, CASES, *LINT_SETTINGS]
NEVER = ["**/__pycache__", "**/*.pyc", "**/.DS_Store"]


@dataclass(frozen=True)
class Tree:
    """The caller's working tree, or the folder that was passed as --source."""

    source: dagger.Directory | None
    workspace: dagger.Workspace

    def include(self, patterns: list[str], without: Sequence[str] = ()) -> dagger.Directory:
        """Return the part of the tree that the patterns name; keyed by its content."""
        left_out = [*NEVER, *without]
        if self.source is None:
            return self.workspace.directory(".", include=patterns, exclude=left_out)
        return self.source.filter(include=patterns, exclude=left_out)

    def folder(self, name: str) -> dagger.Directory:
        """Return a folder of the tree; of a link, the one that it leads to."""
        return self.workspace.directory(name) if self.source is None else self.source.directory(name)

    async def project(self) -> Project:
        """Read the project.

        Raises SetupError when the tree is no project or is configured wrongly.
        """
        root = self.include(ROOT_NAMES)
        names = {name.rstrip("/") for name in await root.entries()}
        if not names & set(MARKERS) and await self.include(["src/**/*.py"]).entries():
            names.add("src")
        text = await root.file("pyproject.toml").contents() if "pyproject.toml" in names else None
        settings = {name: await root.file(name).contents() for name in LINT_SETTINGS if name in names}
        return parse_project(text, frozenset(names), settings)

    async def lock_files(self, names: tuple[str, ...]) -> dagger.Directory:
        """Return the files an installation reads: those named, and those they include with -r or -c.

        Raises SetupError when a file is not there, or uv.lock does not follow from pyproject.toml.
        """
        wanted: list[str] = []
        texts: dict[str, str] = {}
        left = [(name, "[tool.ml-pipeline.dependencies] of pyproject.toml") for name in names]
        while left:
            name, namer = left.pop()
            if name in wanted:
                continue
            wanted.append(name)
            try:
                text = await self.text(name)
            except dagger.QueryError:
                raise SetupError(f"{name} is not there; {namer} names it; add it, or correct the name.") from None
            texts[name] = text
            left += [(other, name) for other in references(name, text)]
        if "uv.lock" in texts:
            pyproject = texts["pyproject.toml"]
            lockfile.check(pyproject, texts["uv.lock"])
            # Not the file itself: an edit of a gate's rule would install, and so train, again.
            others = self.include([name for name in sorted(wanted) if name != "pyproject.toml"])
            return others.with_new_file("pyproject.toml", lockfile.for_uv(pyproject))
        return self.include(sorted(wanted))

    async def python_version(self, project: Project) -> str:
        """Return what .python-version says; empty where there is none."""
        if ".python-version" not in project.names:
            return ""
        return await self.text(".python-version")

    async def text(self, name: str) -> str:
        """Return what a file holds. Raises dagger.QueryError where it is not there."""
        return await self.include([name]).file(name).contents()


@dataclass(frozen=True)
class DataFolder:
    """The data, wherever it lies: in the project, or passed as --data."""

    tree: Tree
    given: dagger.Directory | None
    folder: str
    """Its name inside the project."""
    _found: dict[tuple[str, ...], dagger.Directory] = field(default_factory=dict)
    _root: list[tuple[dagger.Directory, str]] = field(default_factory=list)

    async def mount(
        self, container: dagger.Container, at: str, patterns: list[str] | None = None
    ) -> tuple[dagger.Container, str]:
        """Mount the files that the patterns name (None: all) below `at`; return the container and the folder's path.

        The folder has its name in the project, whichever it is. Where the project has no such folder the path is
        not there, and what reads it says so.
        """
        path = f"{at}/{self.folder}"
        if not self._root:
            self._root.append(await self._find())
        whole, inside = self._root[0]  # those that asked at the same time found the same
        target = at if inside else path
        if patterns is not None:
            wanted = tuple(inside + pattern for pattern in patterns)
            if wanted not in self._found:
                self._found[wanted] = await only(whole, wanted)
            whole = self._found[wanted]
        return container.with_mounted_directory(target, whole), path

    async def _find(self) -> tuple[dagger.Directory, str]:
        """Return what the folder lies in and its place there with a slash; empty: it is the folder itself."""
        if self.given is not None:
            return self.given, ""
        whole = self.tree.include([self.folder])
        with suppress(dagger.QueryError):  # there is none, and what reads it says so
            if await is_link(whole, self.folder):  # what it leads to is not in `whole`
                return self.tree.folder(self.folder), ""
        return whole, f"{self.folder}/"


async def only(whole: dagger.Directory, patterns: tuple[str, ...]) -> dagger.Directory:
    """Return the files that the patterns name; of a link, the file that it leads to."""
    found = whole.filter(include=list(patterns))
    for pattern in patterns:
        for name in await whole.glob(pattern):
            if await is_link(whole, name):
                found = found.without_file(name).with_file(name, whole.file(name)).filter(include=["**"])
    return found


async def is_link(folder: dagger.Directory, name: str) -> bool:
    """Tell whether what has this name is a link. Raises dagger.QueryError where it is not there."""
    kind = await folder.stat(name, do_not_follow_symlinks=True).file_type()
    return kind == dagger.FileType.SYMLINK


def references(name: str, text: str) -> list[str]:
    """Return the files that a requirements file includes with -r or -c, as paths in the project; no addresses."""
    if not name.endswith(".txt"):
        return []
    found = re.findall(r"^\s*(?:-r|--requirement|-c|--constraint)[=\s]+(?!\w+://)(\S+)", text, re.MULTILINE)
    return [posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) for path in found]
