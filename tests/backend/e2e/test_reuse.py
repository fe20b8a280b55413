"""The same job twice, through both services: the second ends at once with the first one's result."""

from pathlib import Path

from backend.jobs.documents import rebuild
from tests.backend.e2e.jobs import events, new_project, submit
from tests.backend.e2e.stack import running_stack


def test_the_same_job_is_carried_out_once(tmp_path: Path) -> None:
    with running_stack(tmp_path, reuse="yes") as stack:
        project, network = new_project(stack)
        first = stack.wait(submit(stack, project, network=network, count=2))
        url = submit(stack, project, network=network, count=2)
        second = stack.wait(url, 10)
        assert second["cached_from"] == first["id"]
        assert second["figures"] == first["figures"]
        digests = [{name: file["digest"] for name, file in job["artifacts"].items()} for job in (first, second)]
        assert digests[0] == digests[1]
        known = rebuild(events(stack, url))
        assert {name: second[name] for name in known} == known
        report = stack.client().get(stack.backend.url + second["artifacts"]["report"]["url"])
        assert report.json() == first["result"]["report"] | report.json()
        fresh = stack.wait(submit(stack, project, network=network, count=2, fresh=True))
        assert (fresh["success"], fresh["cached_from"]) == (True, None)
        other = stack.wait(submit(stack, project, network=network, count=3))
        assert (other["success"], other["cached_from"]) == (True, None)
