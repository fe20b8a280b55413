"""The shared fixtures are what they say."""

from backend.accounts.models import User
from backend.jobs.models import Job
from backend.workspace.models import Accelerator, DataFile, Network, Project
from backend.workspace.store import the_store
from tests.backend.conftest import ClientOf, SignedIn
from tests.hwservice.small_network import small_network_bytes


def test_a_program_and_a_browser_of_the_same_user_see_the_same_project(
    project: Project, viewer: User, client_of: ClientOf, signed_in: SignedIn
) -> None:
    url = f"/api/v1/projects/{project.pk}"
    assert client_of(viewer).get(url).json() == signed_in(viewer).get(url).json()


def test_a_project_s_things_are_there(
    network: Network, data_file: DataFile, accelerator: Accelerator, job: Job, viewer: User, client_of: ClientOf
) -> None:
    client = client_of(viewer)
    assert client.get(f"/api/v1/networks/{network.pk}").json()["latest"] == 1
    assert client.get(f"/api/v1/data/{data_file.pk}").json()["name"] == "images"
    assert client.get(f"/api/v1/accelerators/{accelerator.pk}").json()["cells"] > 0
    assert client.get(f"/api/v1/jobs/{job.pk}").json()["state"] == "queued"


def test_a_network_s_file_is_in_the_store(network: Network) -> None:
    version = network.versions.get()
    assert b"".join(the_store().read(version.artifact_id)) == small_network_bytes()
