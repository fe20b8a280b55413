"""How pages write figures, times, digests, links: `{% load workspace %}`."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from django import template
from django.conf import settings
from django.templatetags.static import static
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from frontend.static_files import plotly_style_names
from frontend.words import MISSING, VERBS, bytes_text, duration_text, number_text, signed_text, time_text

register: Final = template.Library()


@register.inclusion_tag("parts/figure.html")
def figure(value: Any, unit: str = "", origin: str = "") -> dict[str, Any]:
    """A number with its unit and origin: `{% figure 1234567 "cycles" "measured on RTL" %}`."""
    return {"text": number_text(value), "unit": unit if value is not None else "", "origin": origin}


@register.inclusion_tag("parts/copy_as.html")
def copy_as(path: str, method: str = "GET", body: str = "") -> dict[str, Any]:
    """A menu with the API request behind something, for curl and Python; the path begins with `/api/`."""
    url = settings.ENVIRONMENT.address.rstrip("/") + path
    curl = ["curl"] + ([f"-X {method}"] if method != "GET" else [])
    curl.append('-H "Authorization: Bearer $PROPRUNN_TOKEN"')
    send = ""
    if body:
        curl += ['-H "Content-Type: application/json"', f"-d '{body}'"]
        send = f", json={body}"
    python = (
        "import os, httpx\n\n"
        'headers = {"Authorization": f"Bearer {os.environ[\'PROPRUNN_TOKEN\']}"}\n'
        f'answer = httpx.request("{method}", "{url}", headers=headers{send})\n'
        "answer.raise_for_status()\nprint(answer.json())"
    )
    name = "copy-" + hashlib.sha256(f"{method}{path}".encode()).hexdigest()[:8]
    return {"id": name, "texts": [("curl", " \\\n  ".join([*curl, url])), ("Python", python)]}


@register.inclusion_tag("parts/permalink.html", takes_context=True)
def permalink(context: Mapping[str, Any], path: str = "") -> dict[str, Any]:
    """A button that copies the address of this page (or of another of ours)."""
    request = context["request"]
    return {"url": request.build_absolute_uri(path or request.get_full_path())}


@register.inclusion_tag("parts/digest.html")
def digest(value: str) -> dict[str, Any]:
    """The first characters of a SHA-256, with a button that copies all of them."""
    return {"digest": value}


@register.inclusion_tag("parts/empty.html")
def empty_state(title: str, text: str, url: str = "", action: str = "") -> dict[str, Any]:
    """What an empty list says: what belongs here, and what to do."""
    return {"title": title, "text": text, "url": url, "action": action}


@register.inclusion_tag("parts/pager.html", takes_context=True)
def pager(context: Mapping[str, Any], following: str | None) -> dict[str, Any]:
    """Links through a list in keyset pages; `following` is the next page's cursor."""
    request = context["request"]
    query = {name: value for name, value in request.GET.items() if name != "cursor"}
    first = f"?{urlencode(query)}" if request.GET.get("cursor") else ""
    return {"first": first, "following": f"?{urlencode({**query, 'cursor': following})}" if following else ""}


@register.inclusion_tag("parts/input.html")
def field(name: str, label: str, value: Any = "", **details: Any) -> dict[str, Any]:
    """An input with its label, help and error: `{% field "email" "E-mail" email type="email" error=errors.email %}`.

    Names beyond `type`, `help`, `error` and `required` become attributes, with `-` for `_`.
    """
    known = {"type": "text", "help": "", "error": "", "required": False}
    shown = {key: details.pop(key, default) for key, default in known.items()}
    attributes = {key.replace("_", "-"): text for key, text in details.items()}
    return {"name": name, "label": label, "value": "" if value is None else value, "attributes": attributes, **shown}


@register.inclusion_tag("parts/progress.html")
def progress(fraction: float | None, label: str = "Progress") -> dict[str, Any]:
    """A bar; without a fraction it says only that something goes on."""
    return {"percent": None if fraction is None else round(100 * fraction, 1), "label": label}


@register.inclusion_tag("parts/breadcrumbs.html")
def breadcrumbs(*parts: str) -> dict[str, Any]:
    """The way here: `{% breadcrumbs "Projects" url project.name "" %}`, in pairs of text and address."""
    return {"crumbs": list(zip(parts[::2], parts[1::2], strict=True))}


@register.simple_tag
def plotly() -> SafeString:
    """What a page with plots needs in its head: plotly, and the style sheets that it would otherwise try to add itself."""
    marks = format_html_join("", '<meta name="plotly" id="{}" content="no style needed">', zip(plotly_style_names()))
    sheet, script = static("plots/plot.css"), static("plotly/plotly.min.js")
    head = '<link rel="stylesheet" href="{}" id="plotly.js-style-global">{}<script src="{}" defer></script>'
    return format_html(head, sheet, marks, script)


@register.simple_tag
def badge(state: str) -> SafeString:
    """A job's state, a role and the like as a small label."""
    return format_html('<span class="badge {}">{}</span>', state, state)


@register.filter
def number(value: Any) -> str:
    """A number as people read it: `1 234 567`."""
    return number_text(value)


@register.filter
def size(value: int | None) -> str:
    """Bytes in the unit that fits."""
    return bytes_text(value)


@register.filter
def duration(value: float | None) -> str:
    """Seconds in the units that fit."""
    return duration_text(value)


@register.filter
def minutes(value: float | None) -> str:
    """An estimated time, given in minutes, in the units that fit."""
    return duration_text(None if value is None else 60 * value)


@register.filter
def when(value: datetime | None) -> SafeString:
    """A time; the browser adds how long ago it was."""
    if value is None:
        return SafeString(MISSING)
    return format_html('<time datetime="{}" data-when>{}</time>', value.isoformat(), time_text(value))


@register.filter
def percent(value: float | None) -> str:
    """A fraction as percent."""
    return MISSING if value is None else f"{100 * value:.0f}\u202f%"


@register.filter
def spoken(verb: str) -> str:
    """What somebody did, in words: `network.upload` is `uploaded a network`; unknown verbs stay as they are."""
    return VERBS.get(verb, verb)


@register.filter
def percent1(value: Any) -> str:
    """A fraction as percent, to a tenth; a dash where there is none."""
    return MISSING if value in (None, "") else f"{100 * value:.1f}\u202f%"


@register.filter
def percent2(value: Any) -> str:
    """A fraction as percent, to a hundredth, such as accuracies are compared by; a dash where there is none."""
    return MISSING if value in (None, "") else f"{100 * value:.2f}\u202f%"


@register.filter
def signed(value: float | None) -> str:
    """A difference as percent with its sign."""
    return signed_text(value)


@register.filter
def whole(value: float | None) -> str:
    """A count, without decimals."""
    return number_text(None if value is None else round(value))


@register.filter
def unlocal(value: Any) -> str:
    """A number for programs, such as tables sort by; nothing where there is none."""
    return repr(value) if isinstance(value, int | float) else ""


@register.filter
def entry(table: Mapping[str, Any], name: str) -> Any:
    """What a table holds under a name; nothing where it holds none."""
    return table.get(name, "")


@register.filter
def hexadecimal(value: int) -> str:
    """64 bits as 16 digits."""
    return f"{value:016x}"
