import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.frontend.browsing import Guard, check_everywhere
from tests.frontend.server import Workspace

MORE_JOBS = """
user, project = seed.User.objects.get(email='ada@example.org'), seed.Project.objects.filter(sample=False).earliest('created')
wish = seed.Wish(seed.JobKind.ELABORATE, 'edge-8x8')
"""


def test_the_list_is_accessible_everywhere(page: Page) -> None:
    check_everywhere(page, "/jobs")


def test_a_jobs_page_is_accessible_everywhere(page: Page, workspace: Workspace) -> None:
    for name in ("simulated-1-edge-8x8", "running", "failed"):
        check_everywhere(page, f"/jobs/{workspace.job(name)}")


def test_the_queue_and_the_form_are_accessible_everywhere(page: Page, workspace: Workspace) -> None:
    check_everywhere(page, "/queue")
    check_everywhere(page, f"/projects/{workspace.seeded['project']}/jobs/new")


def test_figures_say_their_unit_and_origin(page: Page, workspace: Workspace) -> None:
    page.goto(f"/jobs/{workspace.job('simulated-1-edge-8x8')}")
    latency = page.locator(".stat", has=page.get_by_text("Latency", exact=True))
    expect(latency).to_contain_text("ms")
    expect(latency).to_contain_text("measured on RTL, 50 MHz (assumed)")
    expect(page.get_by_text("bit-exact")).to_be_visible()


def test_a_failure_says_what_was_wrong_and_what_would_help(page: Page, workspace: Workspace) -> None:
    page.goto(f"/jobs/{workspace.job('failed')}")
    card = page.get_by_role("alert")
    for text in ("Layerstage3.0.conv2", "Allowed, or likely fixPrune it to 56 channels", "has 32768"):
        expect(card).to_contain_text(text)
    expect(card).to_contain_text("Choose a larger accelerator")


def test_a_filter_leaves_what_fits(page: Page) -> None:
    page.goto("/jobs")
    page.get_by_label("State").select_option("failed")
    page.get_by_role("button", name="Filter").click()
    expect(page).to_have_url(re.compile("state=failed"))
    expect(page.locator("tbody tr")).to_have_count(1)
    page.get_by_label("Kind").select_option("elaborate")
    page.get_by_role("button", name="Filter").click()
    expect(page.get_by_text("No job fits the filter")).to_be_visible()


def test_progress_and_log_lines_arrive_as_they_happen_and_survive_a_reload(page: Page, workspace: Workspace) -> None:
    job = workspace.python(
        MORE_JOBS + "print(seed.started(seed.queued(project, user, wish, seed.Label('live')), 'elaborate').pk)"
    )
    page.goto(f"/jobs/{job}")
    expect(page.get_by_text("live", exact=True)).to_be_visible()
    hear = f"job = seed.Job.objects.get(pk='{job}')\nseed.attempts.hear(job, "
    workspace.python(hear + "'log', {'line': 'a line from the worker'}, 10)")
    expect(page.locator("#log")).to_contain_text("a line from the worker", timeout=10_000)
    workspace.python(hear + "'progress', {'phase': 'verilog', 'fraction': 0.75, 'seconds_left': 12.0}, 11)")
    expect(page.locator("[data-phase]")).to_have_text("verilog", timeout=10_000)
    expect(page.locator("[data-percent]")).to_contain_text("75")
    page.reload()
    expect(page.locator("#log")).to_contain_text("a line from the worker")
    workspace.python(f"job = seed.Job.objects.get(pk='{job}')\nseed.attempts.complete(job, {{}}, [])")
    expect(page.get_by_role("heading", level=1)).to_contain_text("completed", timeout=10_000)
    expect(page.get_by_role("button", name="Retry")).to_be_visible()


def test_marked_jobs_are_cancelled_at_once(page: Page, workspace: Workspace) -> None:
    workspace.python(
        MORE_JOBS + "for n in (1, 2): seed.queued(project, user, wish, seed.Label(f'unwanted {n}'))",
    )
    page.goto("/jobs?kind=elaborate&state=queued")
    for number in (1, 2):
        page.get_by_label(f"Mark unwanted {number}").check()
    page.get_by_role("button", name="Cancel marked").click()
    expect(page.get_by_text("2 of 2 cancelled.")).to_be_visible()
    expect(page.get_by_text("unwanted 1")).to_have_count(0)


def test_a_job_is_submitted_and_cancelled_with_the_keyboard_alone(page: Page, workspace: Workspace) -> None:
    page.goto(f"/projects/{workspace.seeded['project']}/jobs/new")
    page.get_by_role("radio", name="Simulate").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Elaborate")).to_be_checked()
    expect(page.get_by_label("Network")).to_be_hidden()
    page.get_by_label("Name").focus()
    page.keyboard.type("by keyboard")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("by keyboard queued")
    expect(page.get_by_text("Position in the queue")).to_be_visible()
    page.get_by_role("button", name="Cancel").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("cancelled")


def test_what_is_wrong_with_a_form_stands_by_its_field(page: Page, workspace: Workspace) -> None:
    page.goto(f"/projects/{workspace.seeded['project']}/jobs/new")
    page.get_by_text("Options").click()
    page.get_by_label("Number of inputs").evaluate("field => { field.removeAttribute('max'); field.value = 20000; }")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("alert")).to_contain_text("count: Ensure this value is less than or equal to 10000")


def test_a_viewer_sees_no_way_to_change_a_job(
    page_of: Callable[[str | None], Page], workspace: Workspace, guard: Guard
) -> None:
    page = page_of("vera")
    page.goto(f"/jobs/{workspace.job('running')}")
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    guard.expect("403")
    answer = page.goto(f"/projects/{workspace.seeded['project']}/jobs/new")
    assert answer is not None
    assert answer.status == 403


def test_the_queue_tells_what_runs_and_why_others_wait(page: Page) -> None:
    page.goto("/queue")
    expect(page.get_by_role("alert")).to_contain_text("The hardware service cannot be reached")
    expect(page.get_by_role("region", name="Running jobs")).to_contain_text("a long one")
    expect(page.get_by_role("region", name="Waiting jobs")).to_contain_text("the hardware service is away")
