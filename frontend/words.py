"""Values as people read them."""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

_THIN: Final = "\u202f"
MISSING: Final = "\u2013"
_BYTES: Final = ("B", "kB", "MB", "GB", "TB")


def number_text(value: Any) -> str:
    """Groups of three digits; four significant digits where it is no integer; a dash where there is none.

    Example: `number_text(1234567) == "1 234 567"` (with narrow spaces), `number_text(0.123456) == "0.1235"`.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}".replace(",", _THIN)
    if isinstance(value, float):
        return _float_text(value) if math.isfinite(value) else MISSING
    return MISSING if value is None else str(value) or MISSING


def _float_text(value: float) -> str:
    if value and (abs(value) < 1e-3 or abs(value) >= 1e9):
        return f"{value:.3e}"
    digits = max(0, 3 - math.floor(math.log10(abs(value)))) if value else 0
    text = f"{value:,.{digits}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(",", _THIN)


def bytes_text(value: int | None) -> str:
    """Decimal multiples: `bytes_text(1_234_567) == "1.2 MB"`."""
    if value is None:
        return MISSING
    amount, unit = float(value), 0
    while amount >= 999.5 and unit < len(_BYTES) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{amount:.0f}{_THIN}{_BYTES[unit]}" if unit == 0 or amount >= 99.5 else f"{amount:.1f}{_THIN}{_BYTES[unit]}"


def duration_text(seconds: float | None) -> str:
    """The two largest units: `duration_text(3725) == "1 h 2 min"`."""
    if seconds is None:
        return MISSING
    if seconds < 1:
        return f"{round(seconds * 1000)}{_THIN}ms"
    if seconds < 60:
        return f"{seconds:.1f}{_THIN}s" if seconds < 10 else f"{seconds:.0f}{_THIN}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}{_THIN}min {rest}{_THIN}s"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours}{_THIN}h {minutes}{_THIN}min"
    return f"{hours // 24}{_THIN}d {hours % 24}{_THIN}h"


def time_text(value: datetime) -> str:
    """In UTC, to the minute."""
    return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def signed_text(fraction: float | None) -> str:
    """A difference in percent: `signed_text(0.0123) == "+1.2 %"`."""
    return MISSING if fraction is None else f"{100 * fraction:+.1f}{_THIN}%".replace("-", "\u2212")


@dataclass(frozen=True)
class Told:
    """A message of ours in its parts.

    Attributes:
        text: what is wrong, with the value.
        kind, name: what it is about, such as `layer` and `stage1.conv1`; empty where it names nothing.
        fix: what would be allowed or would help; empty where the message says neither.
    """

    text: str
    kind: str
    name: str
    fix: str


_SUBJECT: Final = re.compile(r"\b(layer|node|map|weight|input|output|network|accelerator) '([^']+)'")


def told(message: str) -> Told:
    """Messages name the thing, its value and, after the last semicolon, the likely fix (see `contracts.errors`).

    Example: `told("layer 'stem' has stride 3; supported are 1 and 2").fix == "supported are 1 and 2"`.
    """
    text, _, fix = message.rpartition("; ")
    found = _SUBJECT.search(message)
    kind, name = (found[1], found[2]) if found else ("", "")
    return Told(text or message, kind, name, fix if text else "")


VERBS: Final = {
    "accelerator.change": "changed an accelerator",
    "accelerator.create": "added an accelerator",
    "accelerator.delete": "deleted an accelerator",
    "account.change": "changed an account",
    "account.close": "closed an account",
    "account.email": "confirmed an address",
    "account.invite": "invited somebody",
    "account.link": "sent a link for a password",
    "account.open": "opened an account",
    "account.password": "changed a password",
    "account.reset": "set a password by mail",
    "campaign.cancel": "cancelled a campaign",
    "campaign.extend": "extended a campaign",
    "campaign.pause": "paused a campaign",
    "campaign.resume": "resumed a campaign",
    "campaign.submit": "submitted a campaign",
    "data.delete": "deleted data",
    "data.upload": "uploaded data",
    "job.cancel": "cancelled a job",
    "job.retry": "submitted a job again",
    "job.submit": "submitted a job",
    "member.add": "added a member",
    "member.change": "changed a member's role",
    "member.remove": "removed a member",
    "network.change": "changed a network",
    "network.delete": "deleted a network",
    "network.upload": "uploaded a network",
    "predictor.delete": "deleted a predictor",
    "project.change": "changed the project",
    "project.create": "started the project",
    "project.delete": "deleted a project",
    "run.submit": "submitted a run",
    "session.start": "signed in",
    "token.create": "issued a token",
    "token.revoke": "revoked a token",
    "token.revoke_all": "revoked all tokens",
    "token.rotate": "replaced a token",
    "webhook.change": "changed a webhook",
    "webhook.create": "added a webhook",
    "webhook.disable": "disabled a webhook after days of failure",
    "webhook.remove": "removed a webhook",
    "webhook.replay": "posted an event again",
    "webhook.rotate": "replaced a webhook's secret",
    "webhook.test": "tested a webhook",
}
"""What people did, by the activity log's verb."""
