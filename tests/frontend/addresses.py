"""Every page, by name: who looks at it, and where it is. Pictures, measurements and tests go through them."""

from typing import Final

from tests.frontend.server import Workspace

PAGES: Final = {
    "sign-in": (None, "/sign-in"),
    "forgotten-password": (None, "/forgotten-password"),
    "start": ("ada", "/"),
    "start-new": ("nora", "/"),
    "projects": ("ada", "/projects"),
    "project-new": ("ada", "/projects/new"),
    "networks": ("ada", "/projects/{project}/networks"),
    "network": ("ada", "/networks/{network}"),
    "network-trained": ("ada", "/networks/{trained}"),
    "network-upload": ("ada", "/projects/{project}/networks/new"),
    "network-diff": ("ada", "/networks/diff?a={versions[0]}&b={versions[1]}"),
    "project": ("ada", "/projects/{project}"),
    "project-runs": ("ada", "/projects/{project}/runs"),
    "project-files": ("ada", "/projects/{project}/files"),
    "project-members": ("ada", "/projects/{project}/members"),
    "project-activity": ("ada", "/projects/{project}/activity"),
    "project-settings": ("ada", "/projects/{project}/settings"),
    "settings-profile": ("ada", "/settings/profile"),
    "settings-tokens": ("ada", "/settings/tokens"),
    "settings-webhooks": ("ada", "/settings/webhooks"),
    "settings-webhook": ("ada", "/settings/webhooks/{webhook}"),
    "settings-delivery": ("ada", "/settings/webhooks/{webhook}/deliveries/{delivery}"),
    "administration-users": ("oscar", "/administration/users"),
    "administration-user": ("oscar", "/administration/users/{ada}"),
    "administration-workers": ("oscar", "/administration/workers"),
    "administration-health": ("oscar", "/administration/health"),
    "administration-settings": ("oscar", "/administration/settings"),
    "administration-activity": ("oscar", "/administration/activity"),
    "sign-up": (None, "/sign-up"),
    "jobs": ("ada", "/jobs"),
    "job": ("ada", "/jobs/{simulated-1-edge-8x8}"),
    "job-running": ("ada", "/jobs/{running}"),
    "job-queued": ("ada", "/jobs/{queued-1}"),
    "job-failed": ("ada", "/jobs/{failed}"),
    "job-new": ("ada", "/projects/{project}/jobs/new"),
    "queue": ("ada", "/queue"),
    "report": ("ada", "/jobs/{simulated-1-pynq-8x32}/report"),
    "campaigns": ("ada", "/projects/{project}/campaigns"),
    "campaign-new": ("ada", "/projects/{project}/campaigns/new"),
    "campaign-new-file": ("ada", "/projects/{project}/campaigns/new?as=file"),
    "campaign": ("ada", "/campaigns/{campaign}"),
    "campaign-running": ("ada", "/campaigns/{campaign-running}"),
    "compare-choose": ("ada", "/projects/{project}/compare"),
    "compare": ("ada", "/projects/{project}/compare?run={run}"),
    "predictors": ("ada", "/projects/{project}/predictors"),
    "predictor": ("ada", "/predictors/{predictor}"),
    "predictor-new": ("ada", "/projects/{project}/predictors/new"),
    "prune": ("ada", "/projects/{project}/prune"),
    "prune-new": ("ada", "/projects/{project}/prune/new"),
    "session": ("ada", "/sessions/{gates-quarter}"),
    "session-running": ("ada", "/sessions/{session-running}"),
    "pareto": ("ada", "/projects/{project}/pareto"),
    "pareto-compare": ("ada", "/projects/{project}/pareto/compare?jobs={gates-quarter},{dense}"),
    "accelerators": ("ada", "/projects/{project}/accelerators"),
    "accelerator": ("ada", "/projects/{project}/accelerators/edge-8x8"),
    "accelerator-own": ("ada", "/projects/{project}/accelerators/{accelerator}"),
    "accelerator-new": ("ada", "/projects/{project}/accelerators/new"),
    "accelerator-change": ("ada", "/projects/{project}/accelerators/{accelerator}/change"),
    "not-found": ("ada", "/nothing"),
}
"""Name, who looks, and where; names in braces are those of `seed`."""


def address(workspace: Workspace, path: str) -> str:
    """With the names of what is there."""
    return path.format_map({**workspace.seeded, **workspace.seeded["jobs"], **workspace.seeded["users"]})
