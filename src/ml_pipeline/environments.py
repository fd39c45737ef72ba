"""The containers that stages run in: the toolkit's, and the project's own by purpose."""

import base64
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass

import dagger
from dagger import dag

from ml_pipeline import images
from ml_pipeline.project_tree import Tree
from ml_pipeline.python_version import choose
from ml_steps import installs, shim_argv
from ml_steps.project import Project

VENV = "/venv"
ML_STEPS = (f"{VENV}/bin/python", "-m", "ml_steps")
SOURCE = "/src"
TOOLS = "/ml-pipeline-tools"
SHIM = f"/ml-shim/{shim_argv.SHIM}"
OUT = "/out"
NETRC = "/run/secrets/netrc"
TOOLKIT = "/toolkit"
DATA = "/data"
"""The toolkit's working directory: the data folder has its own name there, and is so named in every message."""
IMPORT_ALL = """
import ml_steps.data.rows, ml_steps.data.training, ml_steps.data.validate, ml_steps.evaluation.evaluate
import ml_steps.commands, ml_steps.gate.judge, ml_steps.latency.paired, ml_steps.model.manifest
import ml_steps.report.index, ml_steps.report.index_page, ml_steps.report.write
"""
"""Compiles what the commands import, once, in a layer; compiling every installed file takes three times as long."""
COMPILE_STANDARD_LIBRARY = """
import compileall, py_compile, re, sysconfig
skipped = re.compile("/(site-packages|dist-packages|tests?|ensurepip|idlelib|lib2to3|tkinter|turtledemo)/")
by_hash = py_compile.PycInvalidationMode.UNCHECKED_HASH
compileall.compile_dir(sysconfig.get_path("stdlib"), quiet=2, workers=0, rx=skipped, invalidation_mode=by_hash)
"""
"""The official images leave it out: each process would compile what it imports anew, 0.3 to 0.9 s of every step and of
every start of the server. By hash, as a file's time would make no two images of one commit equal."""
UNPACK = """
import base64, json, pathlib, sys, zlib
bundle, folder = map(pathlib.Path, sys.argv[1:])
folder.mkdir(parents=True)
for name, text in json.loads(zlib.decompress(base64.b64decode(bundle.read_text()))).items():
    (folder / name).write_text(text, encoding="utf-8")
"""
"""One short line in the log, where each of its files would show its content."""
ENV_FILE = "/run/secrets/ml-pipeline.env"


@dataclass(frozen=True)
class Settings:
    """The constructor's choices, with the Python image resolved."""

    python_image: str
    toolkit_image: str
    """Python of the toolkit: the image that was given, else one for all projects, which share its installation."""
    cuda_image: str
    uv_image: str
    cache_prefix: str
    index_url: str
    index_credentials: dagger.Secret | None
    env_file: dagger.Secret | None
    registry_username: str
    registry_password: dagger.Secret | None
    revision: str


@dataclass(frozen=True)
class Environments:
    """Makes containers; order inside each: image, uv, cache, lock files, install, and only then code."""

    settings: Settings
    toolkit: dagger.Container
    """Where `ml-steps` runs, through `run`."""
    shim: dagger.Directory
    tools_lock: dagger.File
    """Hashed requirements of the linters and pytest."""

    def run(self, container: dagger.Container, arguments: list[str]) -> dagger.Container:
        """Run `ml-steps` in the toolkit's container; the result's `/out`, which was empty, holds what it wrote."""
        return container.with_exec([*ML_STEPS, *arguments, "--out", OUT])

    def base(self, project: Project, image: str = "") -> dagger.Container:
        """Return the project's Python image, or another, with the system packages that the project names."""
        container = base(image or self.settings.python_image)
        names = project.config.dependencies.system
        if not names:
            return container
        install = ["python3", *shim_argv.install_system(names, SHIM, out=OUT)]
        container = container.with_mounted_directory(SHIM, self.shim).with_mounted_temp(OUT).with_exec(install)
        return container.without_mount(SHIM).without_mount(OUT)

    def bare(self) -> dagger.Container:
        """Return the project's Python with the shim and nothing installed."""
        return base(self.settings.python_image).with_mounted_directory(SHIM, self.shim).with_workdir(SOURCE)

    async def of_project(self, tree: Tree, project: Project, *purposes: installs.Purpose) -> dagger.Container:
        """Return the project's environment of a purpose: its packages in /venv, the shim, and no code yet.

        Of several purposes, the last one's, installed on top of those before it.
        """
        cuda = "cuda" in purposes
        image = (
            with_uv(self.settings, self.base(project, self.settings.cuda_image if cuda else ""))
            .with_mounted_cache("/cache/uv", dag.cache_volume(f"{self.settings.cache_prefix}-uv"))
            .with_env_variable("UV_CACHE_DIR", "/cache/uv")
            .with_env_variable("UV_LINK_MODE", "copy")
        )
        venv = ["uv", "venv", "--quiet", VENV, *(["--system-site-packages"] if cuda else [])]
        container = image.with_mounted_directory(SHIM, self.shim).with_exec(venv)
        container = container.with_env_variable("VIRTUAL_ENV", VENV).with_workdir("/lock")
        for purpose in purposes:
            plan = installs.install(project, purpose)
            files = await tree.lock_files(plan.files)
            if cuda:
                plan, files = await self._without_torch(project, image, plan, files)
            tools = TOOLS if purpose == "dev" else ""
            if tools:
                container = container.with_mounted_directory(TOOLS, self._tools())
            argv = [f"{VENV}/bin/python", *plan.argv(SHIM, out="/tmp/install", tools=tools)]  # noqa: S108
            container = container.with_mounted_directory("/lock", files).with_exec(argv)
        installed = (
            without_credentials(self.settings, container)
            .without_mount("/lock")
            .without_mount("/cache/uv")  # what runs next is the project's: it must not reach what others install
            .without_env_variable("UV_CACHE_DIR")
            .with_env_variable("PATH", f"{VENV}/bin:${{PATH}}", expand=True)
            .with_workdir(SOURCE)
        )
        return await known(with_variables(installed, installs.imports(project, SOURCE)))

    def with_project_secrets(self, container: dagger.Container, owner: str = "") -> dagger.Container:
        """Mount the env file for the project's own commands; the shim gives them its variables."""
        if self.settings.env_file is None:
            return container
        mounted = container.with_mounted_secret(ENV_FILE, self.settings.env_file, owner=owner)
        return mounted.with_env_variable("ML_PIPELINE_ENV_FILE", ENV_FILE)

    def with_registry(self, container: dagger.Container, address: str) -> dagger.Container:
        """Add the registry credentials for an address, where there are any."""
        if self.settings.registry_password is None:
            return container
        return container.with_registry_auth(address, self.settings.registry_username, self.settings.registry_password)

    def _tools(self) -> dagger.Directory:
        lock = f"{TOOLKIT}/tools.txt"
        argv = ["uv", *installs.install_tools(lock, TOOLS, "python3")]
        # By the project's own Python: mypy and pytest come compiled for one version.
        container = uncached(self.settings).with_file(lock, self.tools_lock).with_exec(argv)
        return container.directory(TOOLS)

    async def _without_torch(
        self, project: Project, image: dagger.Container, plan: installs.Install, files: dagger.Directory
    ) -> tuple[installs.Install, dagger.Directory]:
        """Leave out torch and the CUDA packages: the image's own are used, and must be admitted."""
        program = "import torch; print(torch.__version__)"
        version = (await image.with_exec(["python3", "-c", program]).stdout()).strip()
        names = plan.files
        if "uv.lock" in names:
            exported = image.with_mounted_directory("/lock", files).with_workdir("/lock")
            exported = exported.with_exec(["uv", *installs.export_lock(project)], redirect_stdout="/exported.txt")
            names, files = ("uv.lock.txt",), dag.directory().with_file("uv.lock.txt", exported.file("/exported.txt"))
        arguments = ["cuda-requirements", "--folder", "/lock", "--overrides", installs.CUDA_OVERRIDES]
        # All of them: those that are included with -r or -c are read from the same folder.
        arguments += ["--torch-version", version, *(path for path in await files.glob("**") if not path.endswith("/"))]
        kept = self.run(self.toolkit.with_mounted_directory("/lock", files), arguments).directory(OUT)
        return installs.from_requirements(names, installs.CUDA_OVERRIDES), kept


def with_variables(container: dagger.Container, variables: Mapping[str, str]) -> dagger.Container:
    """Set environment variables."""
    for name, value in variables.items():
        container = container.with_env_variable(name, value)
    return container


def without_credentials(settings: Settings, container: dagger.Container) -> dagger.Container:
    """Take the package index's credentials away again, after an installation."""
    if settings.index_credentials is None:
        return container
    return container.without_mount(NETRC).without_env_variable("NETRC")


def base(image: str) -> dagger.Container:
    """Return a Python image with its standard library compiled: a layer that every project of the engine shares."""
    return dag.container().from_(image).with_exec(["python3", "-c", COMPILE_STANDARD_LIBRARY])


def with_uv(settings: Settings, container: dagger.Container) -> dagger.Container:
    """Add uv and the package index of the settings."""
    uv = dag.container().from_(settings.uv_image).file("/uv")
    container = container.with_file("/usr/local/bin/uv", uv).with_env_variable("UV_PYTHON_DOWNLOADS", "never")
    if settings.index_url:
        container = container.with_env_variable("UV_DEFAULT_INDEX", settings.index_url)
    if settings.index_credentials:
        container = container.with_mounted_secret(NETRC, settings.index_credentials).with_env_variable("NETRC", NETRC)
    return container


def uncached(settings: Settings, image: str = "") -> dagger.Container:
    """Return where our own packages are installed: once an engine, so that a cache would only be a second copy."""
    return with_uv(settings, base(image or settings.python_image)).with_env_variable("UV_NO_CACHE", "1")


async def known(container: dagger.Container) -> dagger.Container:
    """Return the same container by its ID; else every use of it would ask anew for all the steps that made it."""
    return dag.load_container_from_id(dagger.ContainerID(await container.id()))


async def prepare(settings: Settings) -> Environments:
    """Hand the toolkit and the shim to the engine.

    The toolkit comes from the module's own source, which any other version of the module re-keys: its
    steps then judge again. The shim runs what is expensive, so it goes as text, keyed by itself alone:
    a new version of the module with the same shim trains nothing again.
    """
    package = dag.current_module().source().directory("src/ml_steps")
    install = ["uv", "pip", "sync", "--quiet", "--require-hashes", f"{TOOLKIT}/requirements.txt"]
    toolkit = (
        uncached(settings, settings.toolkit_image)
        .with_exec(["uv", "venv", "--quiet", VENV])
        .with_env_variable("VIRTUAL_ENV", VENV)
    )
    toolkit = toolkit.with_file(f"{TOOLKIT}/requirements.txt", package.file("requirements.txt")).with_exec(install)
    toolkit = (
        without_credentials(settings, toolkit)
        .with_directory(f"{TOOLKIT}/ml_steps", package)
        .with_env_variable("PYTHONPATH", TOOLKIT)
        .with_exec([f"{VENV}/bin/python", "-c", IMPORT_ALL])
        .with_mounted_directory(OUT, dag.directory())
        .with_workdir(DATA)
    )
    bundle = base64.b64encode(zlib.compress(json.dumps(shim_argv.shim_files()).encode())).decode()
    unpacked = base(settings.toolkit_image).with_new_file("/bundle", bundle)
    unpacked = unpacked.with_exec(["python3", "-c", UNPACK, "/bundle", SHIM])
    shim = dag.load_directory_from_id(dagger.DirectoryID(await unpacked.directory(SHIM).id()))
    return Environments(settings, await known(toolkit), shim, package.file("tools.txt"))


async def python_image(tree: Tree, project: Project, *, image: str, version: str) -> str:
    """Return the Python image: the one given, else the default of the project's version."""
    if image:
        return image
    pinned = await tree.python_version(project)
    return images.PYTHON[choose(version, pinned, project.requires_python, list(images.PYTHON))]
