"""The verbs of campaigns: their arguments, what each does, and what it prints."""

import argparse
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from itertools import islice
from typing import Any, Final

from proprunn.campaigns import Campaign
from proprunn.cli import show
from proprunn.client import Client


def arguments(verbs: Any, verb: Any) -> None:
    """Of `proprunn campaign …`."""
    own = verbs.add_parser("campaign", help="many pruned networks on the RTL: a data set")
    own = own.add_subparsers(required=True, metavar="VERB")

    def made(name: str, text: str) -> argparse.ArgumentParser:
        found: argparse.ArgumentParser = verb(name, text, to=own, called=f"campaign {name}")
        return found

    for name, text in (
        ("estimate", "rows and minutes by family, before anything starts"),
        ("run", "submit a campaign"),
    ):
        found = made(name, text)
        found.add_argument("file", metavar="FILE", help="its definition, in TOML or JSON")
        found.add_argument("--project", required=True, help="name or id")
        if name == "run":
            found.add_argument("--name", default="", help="the definition's own unless given")
            found.add_argument("--simulator", choices=["rtl", "null"], help="`null` measures nothing")
            found.add_argument("--wait", action="store_true", help="until it is over, with a progress bar")
    listed = made("list", "a project's campaigns, newest first")
    listed.add_argument("--project", required=True, help="name or id")
    listed.add_argument("--limit", type=int, default=50, help="how many at most; 50")
    for name, text in (
        ("show", "a campaign as it is, with the distributions of its rows so far"),
        ("wait", "until it is over or paused, with a progress bar"),
        ("pause", "stop it to go on later; every row is kept"),
        ("resume", "go on; no row is made twice"),
        ("extend", "more of the same"),
        ("cancel", "end it"),
        ("download", "fetch its tables and data card"),
    ):
        found = made(name, text)
        found.add_argument("campaign", metavar="CAMPAIGN", help="its id, or the address of its page")
        if name in ("resume", "extend"):
            found.add_argument("--wait", action="store_true", help="until it is over, with a progress bar")
        if name == "extend":
            found.add_argument("--networks", type=int, required=True, metavar="N", help="grow to so many")
        if name == "download":
            found.add_argument("--to", default=".", metavar="DIR", help="a folder; here unless given")


def _estimate(chosen: Namespace, client: Client) -> bool:
    found = client.estimate_campaign(chosen.file, chosen.project)
    lines = [f"{part['family']:<14} {part['rows']:>7} rows {part['minutes']:>7.1f} min" for part in found["parts"]]
    if found["trainings"]:
        lines.append(f"{'training':<14} {found['trainings']:>7} nets {found['training_minutes']:>7.1f} min")
    whole = f"{'in all':<14} {found['rows']:>7} rows {found['minutes']:>7.1f} min on {found['processors']} processors"
    show.document(chosen, found, "\n".join([*lines, f"{whole} (estimate)"]))
    return True


def _run(chosen: Namespace, client: Client) -> bool:
    made = client.submit_campaign(chosen.file, chosen.project, name=chosen.name, simulator=chosen.simulator)
    return _submitted(chosen, made)


def _list(chosen: Namespace, client: Client) -> bool:
    found = islice(client.campaigns(chosen.project), max(chosen.limit, 0))
    rows = [campaign.to_mapping() for campaign in found]
    show.table(chosen, rows, ("id", "state", "networks", "rows", "rows_in_all", "name", "created"))
    return True


def _show(chosen: Namespace, client: Client) -> bool:
    campaign = client.campaign(chosen.campaign)
    found = campaign.distributions()
    lines = [_said(campaign), f"{found['rows']} rows are there, {found['failures']} of them failed"]
    lines += [
        f"{part['family']:<14} {part['accelerator']:<16} {part['rows']:>7} rows {part['failures']:>5} failed"
        for part in found["composition"]
    ]
    for name, figure in found["histograms"].items():
        if figure["median"] is not None:
            bounds = f"{figure['least']:.4g} to {figure['greatest']:.4g} {figure['unit']}".rstrip()
            lines.append(f"{name}: {bounds}, median {figure['median']:.4g} ({figure['origin']})")
    lines += [f"{reason['rows']} x {reason['example']}" for reason in found["reasons"]]
    whole = {**campaign.to_mapping(), "page": campaign.url, "distributions": found}
    show.document(chosen, whole, "\n".join(lines))
    return True


def _wait(chosen: Namespace, client: Client) -> bool:
    return _waited(chosen, client.campaign(chosen.campaign))


def _pause(chosen: Namespace, client: Client) -> bool:
    return _shown(chosen, client.campaign(chosen.campaign).pause())


def _resume(chosen: Namespace, client: Client) -> bool:
    return _submitted(chosen, client.campaign(chosen.campaign).resume())


def _extend(chosen: Namespace, client: Client) -> bool:
    return _submitted(chosen, client.campaign(chosen.campaign).extend(chosen.networks))


def _cancel(chosen: Namespace, client: Client) -> bool:
    return _shown(chosen, client.campaign(chosen.campaign).cancel())


def _download(chosen: Namespace, client: Client) -> bool:
    files = [str(path) for path in client.campaign(chosen.campaign).download(chosen.to)]
    show.document(chosen, {"files": files}, "\n".join(files))
    return True


def _submitted(chosen: Namespace, campaign: Campaign) -> bool:
    if not chosen.wait:
        return _shown(chosen, campaign)
    print(campaign.url, file=sys.stderr)
    return _waited(chosen, campaign)


def _waited(chosen: Namespace, campaign: Campaign) -> bool:
    chosen.waits_for = str(campaign.to_mapping()["job"])
    campaign.wait(progress=not chosen.json)
    _shown(chosen, campaign)
    return campaign.success


def _shown(chosen: Namespace, campaign: Campaign) -> bool:
    show.document(chosen, {**campaign.to_mapping(), "page": campaign.url}, _said(campaign))
    return True


def _said(campaign: Campaign) -> str:
    rows = "" if campaign.rows is None else f"{campaign.rows} of "
    text = f"{campaign.id} {campaign.name}: {campaign.state}, {campaign.networks} networks, {rows}{campaign.rows_in_all} rows"
    failure = campaign.to_mapping().get("failure")
    return f"{text}\n{campaign.url}" + (f"\n{failure['class']}: {failure['message']}" if failure else "")


CAMPAIGN_VERBS: Final[Mapping[str, Callable[[Namespace, Client], bool]]] = {
    "campaign estimate": _estimate,
    "campaign run": _run,
    "campaign list": _list,
    "campaign show": _show,
    "campaign wait": _wait,
    "campaign pause": _pause,
    "campaign resume": _resume,
    "campaign extend": _extend,
    "campaign cancel": _cancel,
    "campaign download": _download,
}
"""By the verb's words."""
