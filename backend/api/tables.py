"""Answers as tables for spreadsheets and data frames."""

import csv
import io
import json
from collections.abc import Mapping
from typing import Any, Final

from rest_framework.renderers import BaseRenderer

_PLAIN: Final = ("job", "name", "network_name", "accelerator_name", "simulator", "bit_exact")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class ComparisonTable(BaseRenderer):
    """A comparison as CSV: a line per simulation, each figure with unit, ratio and origin; layers are left out."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        """See the base class. Problems stay JSON."""
        del accepted_media_type
        response = (renderer_context or {}).get("response")
        if response is not None and response.status_code >= 400:
            return json.dumps(data).encode()
        if response is not None:
            response["Content-Disposition"] = 'attachment; filename="comparison.csv"'
        return comparison_csv(data).encode()


def comparison_csv(found: Mapping[str, Any]) -> str:
    """Lines of a comparison; text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    lines = [_line(item) for item in found["items"]]
    text = io.StringIO()
    table = csv.DictWriter(text, fieldnames=list(lines[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(lines)
    return text.getvalue()


def _line(item: Mapping[str, Any]) -> dict[str, Any]:
    line: dict[str, Any] = {name: _safe(item[name]) for name in _PLAIN}
    for name, figure in item["figures"].items():
        line[name] = figure["value"]
        line[f"{name}.unit"], line[f"{name}.ratio"] = figure["unit"], figure["ratio"]
        line[f"{name}.origin"] = figure["origin"]
    return line


def _safe(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
