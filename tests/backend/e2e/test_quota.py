"""Results that exceed what a project may keep are not brought home, and the job says so."""

from pathlib import Path

from tests.backend.e2e.jobs import new_project, submit
from tests.backend.e2e.stack import running_stack


def test_a_job_whose_results_exceed_the_project_s_storage_fails_for_good(tmp_path: Path) -> None:
    with running_stack(tmp_path, storage_bytes_per_project="8192") as stack:
        project, network = new_project(stack)
        job = stack.wait(submit(stack, project, network=network))
        assert (job["state"], job["attempt"], job["artifacts"]) == ("failed", 1, {})
        assert (job["failure"]["class"], job["failure"]["code"]) == ("capacity", "Quota")
        assert "they exceed 8192" in job["failure"]["message"]
