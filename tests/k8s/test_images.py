"""The Dockerfiles, as far as they can be checked without building them."""

import argparse
import fnmatch
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from backend.up.plan import web_server
from hwservice import toolchain
from hwservice.api.settings import PORT
from hwservice.cli.main import parser
from mlservice.api.settings import PORT as LEARNING
from mlservice.cli.main import parser as learning_parser
from servicekit.api.server import ServeOptions
from tests.k8s.render import BASE, K8S, PROJECT, containers, pods, render

DOCKERFILES = sorted((K8S / "images").glob("*.Dockerfile"))
Instruction = tuple[str, str]


def instructions(path: Path) -> list[Instruction]:
    """Each with its arguments, on one line and without comments."""
    lines = [line for line in path.read_text().splitlines() if line.strip() and not line.startswith("#")]
    text = "\n".join(lines).replace("\\\n", " ")
    return [(words[0], words[1]) for words in (line.split(maxsplit=1) for line in text.splitlines())]


@pytest.fixture(params=DOCKERFILES, ids=lambda path: path.stem)
def dockerfile(request: pytest.FixtureRequest) -> list[Instruction]:
    return instructions(request.param)


def of(dockerfile: list[Instruction], name: str) -> list[str]:
    return [arguments for instruction, arguments in dockerfile if instruction == name]


def is_sent(path: str) -> bool:
    """Whether .dockerignore lets a file or folder into what images are made of."""
    sent = False
    for line in (PROJECT / ".dockerignore").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            rule = line.removeprefix("!").removeprefix("**/")
            ways = [path, *map(str, Path(path).parents)]
            if rule == "*" or any(fnmatch.fnmatch(way, rule) for way in ways):
                sent = line.startswith("!")
            # A folder is sent for what is let in below it.
            sent = sent or (line.startswith("!") and rule.startswith(f"{path}/"))
    return sent


def test_three_images_are_built() -> None:
    assert [path.stem for path in DOCKERFILES] == ["backend", "hwservice", "mlservice"]


def test_everything_that_is_copied_is_there_and_sent(dockerfile: list[Instruction]) -> None:
    copied = [re.sub(r"--chown=\S+ ", "", arguments).split() for arguments in of(dockerfile, "COPY")]
    sources = [source for *found, _ in copied if not found[0].startswith("--from") for source in found]
    assert sources
    for source in sources:
        assert (PROJECT / source).exists(), source
        assert is_sent(source), source


def test_what_is_no_part_of_an_image_is_not_sent() -> None:
    for path in (".git", ".venv", "tests", "client", "docs", "requirements/dev.txt", "rtl_chisel/target"):
        assert not is_sent(path), path


def test_packages_are_those_of_the_hashed_lock_files_alone(dockerfile: list[Instruction]) -> None:
    installs = [
        step for run in of(dockerfile, "RUN") for step in run.split("&&") if re.search(r"pip (install|sync)", step)
    ]
    assert len(installs) == 2
    for step in installs:
        (lock,) = re.findall(r"/(requirements/\S+\.txt)", step)
        assert "--require-hashes" in step
        assert "--hash=sha256:" in (PROJECT / lock).read_text()


def test_base_images_are_named_with_their_version_and_python_is_the_locks(dockerfile: list[Instruction]) -> None:
    bases = {arguments.split()[0] for arguments in of(dockerfile, "FROM")}
    (base,) = bases
    made_for = re.findall(r"--python-version (\S+)", (PROJECT / "Makefile").read_text())[0]
    assert base.startswith(f"python:{made_for}-")


def test_programs_run_as_the_account_of_the_pods(dockerfile: list[Instruction]) -> None:
    (user,) = of(dockerfile, "USER")
    for name in ("backend", "dispatcher", "hwservice", "mlservice"):
        context = pods(render(BASE))[name]["spec"]["securityContext"]
        assert user == f"{context['runAsUser']}:{context['runAsGroup']}"
    names = [instruction for instruction, _ in dockerfile]
    assert names.index("USER") < names.index("CMD")


def test_the_backend_starts_as_everywhere_on_the_port_of_its_pods() -> None:
    dockerfile = instructions(K8S / "images/backend.Dockerfile")
    assert json.loads(of(dockerfile, "CMD")[0]) == ["python", *web_server("0.0.0.0", 8100)]
    (container,) = pods(render(BASE))["backend"]["spec"]["containers"]
    assert container["ports"][0]["containerPort"] == int(of(dockerfile, "EXPOSE")[0]) == 8100


@pytest.mark.parametrize(
    ("name", "takes", "port"), [("hwservice", parser, PORT), ("mlservice", learning_parser, LEARNING)]
)
def test_a_service_starts_with_arguments_that_it_takes(
    name: str, takes: Callable[[], argparse.ArgumentParser], port: int
) -> None:
    dockerfile = instructions(K8S / f"images/{name}.Dockerfile")
    python, m, module, *arguments = json.loads(of(dockerfile, "CMD")[0])
    given = takes().parse_args(arguments)
    assert (python, m, module, given.command, given.host) == ("python", "-m", name, "serve", "0.0.0.0")
    assert (given.port, given.workers) == (port, ServeOptions(port).workers)
    assert int(of(dockerfile, "EXPOSE")[0]) == port


def test_commands_of_the_build_and_of_pods_are_the_projects() -> None:
    dockerfile = instructions(K8S / "images/hwservice.Dockerfile")
    (last,) = [run for run in of(dockerfile, "RUN") if "hwservice.toolchain" in run]
    assert last.split(" && ")[0] == f"python -m {toolchain.__name__}"
    assert parser().parse_args(last.split(" && ")[1].split()[3:]).command == "elaborate"
    commands = [c["command"] for c in containers(pods(render(BASE))["dispatcher"]) if "command" in c]
    commands += [c["command"] for c in containers(pods(render(BASE))["backend"]) if "command" in c]
    assert [command[2] for command in commands] == ["migrate", "collectstatic"]
    assert (PROJECT / "manage.py").is_file()


def test_the_machine_packages_are_those_that_set_up_installs() -> None:
    wanted = (PROJECT / "requirements/install.sh").read_text()
    (run,) = [run for run in of(instructions(K8S / "images/hwservice.Dockerfile"), "RUN") if "apt-get install" in run]
    listed = re.findall(r"--no-install-recommends ([^&]+?) +&&", run)[0].split()
    packages = set(listed) - {"tini"}
    assert packages == {"clang", "g++", "make", "openjdk-17-jdk-headless", "perl"}
    for package in packages:
        assert re.search(rf"\b{re.escape(package)}(?!\w)", wanted), package


def test_what_the_image_brings_is_what_a_pod_puts_where_it_may_write() -> None:
    dockerfile = instructions(K8S / "images/hwservice.Dockerfile")
    environment = dict(pair.split("=", 1) for pair in " ".join(of(dockerfile, "ENV")).split())
    pod = pods(render(BASE))["hwservice"]["spec"]
    *_, cache, home, generator, _ = pod["initContainers"][0]["command"]
    assert (cache, home) == (environment["PROPRUNN_CACHE"], environment["HOME"])
    mounts = {mount["mountPath"]: mount.get("subPath") for mount in pod["containers"][0]["volumeMounts"]}
    assert mounts == {str(Path(cache).parent): None, generator: Path(generator).name, "/tmp": None}
    assert generator == f"{of(dockerfile, 'WORKDIR')[0]}/{toolchain.RTL_DIRECTORY.name}"
