"""The characters of the backend's tests: who owns a project, who may change or only look at it, who is a stranger."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts import mailing
from backend.accounts.models import Scope, User
from backend.accounts.tokens import issue
from backend.jobs.models import Job
from backend.jobs.orders import Wish
from backend.jobs.submit import submit
from backend.workspace.models import Accelerator, Artifact, DataFile, Membership, Network, NetworkVersion, Project, Role
from backend.workspace.store import the_store
from contracts.accelerator import PRESETS
from contracts.job import JobKind
from contracts.structure.families import FAMILIES
from tests.hwservice.small_network import CLASSES, SHAPE, images_bytes, small_network_bytes

PASSWORD = "a long enough password"
"""Everybody's."""


class Api(APIClient):
    """A program with a token, which speaks JSON. Paths are whole: `/api/v1/projects`."""

    default_format = "json"


Configure = Callable[..., None]
Person = Callable[..., User]
ClientOf = Callable[[User], Api]
Mails = Callable[[], list[EmailMessage]]
SignedIn = Callable[[User], Client]


@pytest.fixture
def configure(settings: Settings) -> Configure:
    """Change settings of the installation, such as `configure(signup=True)`."""

    def change(**values: object) -> None:
        settings.ENVIRONMENT = replace(settings.ENVIRONMENT, **values)

    return change


@pytest.fixture(autouse=True)
def _own_installation(settings: Settings, configure: Configure, tmp_path: Path) -> Iterator[None]:
    """A folder of the test's own, quick passwords, and nothing counted from the tests before."""
    configure(folder=tmp_path / "installation")
    settings.ENVIRONMENT.folder.mkdir()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    yield
    mailing.finish()
    cache.clear()


@pytest.fixture
def person(db: None) -> Person:
    """Makes accounts: `person("ann")` has the address ann@example.org and `PASSWORD`."""
    del db
    return lambda name, **values: User.objects.create_user(f"{name}@example.org", PASSWORD, name=name.title(), **values)


@pytest.fixture
def owner(person: Person) -> User:
    return person("owner")


@pytest.fixture
def editor(person: Person) -> User:
    return person("editor")


@pytest.fixture
def viewer(person: Person) -> User:
    return person("viewer")


@pytest.fixture
def stranger(person: Person) -> User:
    """Has an account, and nothing to do with the project."""
    return person("stranger")


@pytest.fixture
def operator(person: Person) -> User:
    """Runs the installation; no member of the project."""
    return person("operator", is_operator=True)


@pytest.fixture
def project(owner: User, editor: User, viewer: User) -> Project:
    """The project of owner, editor and viewer."""
    found = Project.objects.create(name="Sparrow")
    for user, role in ((owner, Role.OWNER), (editor, Role.EDITOR), (viewer, Role.VIEWER)):
        Membership.objects.create(project=found, user=user, role=role)
    return found


def keep(content: bytes) -> Artifact:
    """A file in the store."""
    return the_store().add([content], 1 << 30, hashlib.sha256(content).hexdigest())


@pytest.fixture
def network(project: Project, editor: User) -> Network:
    """A small network with one version; its file is really there."""
    found = Network.objects.create(project=project, name="small", latest=1, created_by=editor)
    facts = {
        "input": "input",
        "input_shape": list(SHAPE),
        "outputs": [{"name": "output", "shape": [CLASSES]}],
        "layers": 4,
        "parameters": 832,
        "dims": {},
        "structure": FAMILIES["plain"](SHAPE, (8, 16)).to_mapping(),
    }
    artifact = keep(small_network_bytes())
    NetworkVersion.objects.create(network=found, number=1, artifact=artifact, facts=facts, created_by=editor)
    return found


@pytest.fixture
def data_file(project: Project, editor: User) -> DataFile:
    """Images for the network."""
    facts = {"arrays": {"input": {"shape": [4, *SHAPE], "dtype": "float32"}}}
    artifact = keep(images_bytes())
    return DataFile.objects.create(project=project, name="images", artifact=artifact, facts=facts, created_by=editor)


@pytest.fixture
def accelerator(project: Project, editor: User) -> Accelerator:
    """A custom accelerator of the project."""
    fields = asdict(PRESETS["edge-8x8"])
    return Accelerator.objects.create(project=project, name="ours", fields=fields, created_by=editor)


@pytest.fixture
def job(project: Project, network: Network, editor: User) -> Job:
    """A job of the editor's that waits; no dispatcher runs in these tests."""
    wish = Wish(JobKind.SIMULATE, "edge-8x8", network=network.pk, options={"simulator": "null", "count": 1})
    return submit(project, editor, wish)


@pytest.fixture
def client_of() -> ClientOf:
    """A program of somebody's, with a token that may do everything."""

    def make(user: User) -> Api:
        return Api(HTTP_AUTHORIZATION=f"Bearer {issue(user, 'test', list(Scope))[1]}")

    return make


@pytest.fixture
def mails(mailoutbox: list[EmailMessage]) -> Mails:
    """All mails that were sent so far: `mails()[-1].body`."""

    def sent() -> list[EmailMessage]:
        mailing.finish()
        return mailoutbox

    return sent


@pytest.fixture
def signed_in() -> SignedIn:
    """Somebody's browser; CSRF is not checked (`Client(enforce_csrf_checks=True)` does)."""

    def make(user: User) -> Client:
        client = Client()
        client.force_login(user)
        return client

    return make
