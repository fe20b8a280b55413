"""What the gate finds in uploaded networks, data and definitions of campaigns: `python -m hwservice.jobs.gate`, in a limited process."""

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from servicekit.jobs import gate

GATE_COMMAND: Final = (sys.executable, "-m", "hwservice.jobs.gate")


def _network(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    from hwservice.frontend import load_network  # noqa: PLC0415  # each file needs its own reader only
    from hwservice.run.described import told  # noqa: PLC0415  # as below
    from hwservice.run.structure import structure  # noqa: PLC0415  # as above

    graph = load_network(path, dims=options.get("dims") or None)
    return {
        "input": graph.input_name,
        "input_shape": list(graph.input_shape),
        "outputs": [{"name": output.name, "shape": list(output.shape)} for output in graph.outputs],
        "layers": len(graph.layers),
        "parameters": sum(layer.weights.size for layer in graph.layers if layer.weights is not None),
        "dims": dict(options.get("dims") or {}),
        "graph": structure(graph),
        "structure": told(graph),
    }


def _data(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    del options
    from hwservice.run.data import describe_arrays  # noqa: PLC0415  # as above

    return {"arrays": describe_arrays(path)}


def _campaign(path: Path, options: Mapping[str, Any]) -> dict[str, Any]:
    from hwservice.campaign.definition import campaign_of_wire  # noqa: PLC0415  # as above
    from hwservice.campaign.forecast import forecast  # noqa: PLC0415  # as above

    campaign = campaign_of_wire(json.loads(path.read_text(encoding="utf-8")))
    found = asdict(forecast(campaign, options["processors"]))
    parts = [dict(zip(("family", "rows", "minutes"), part, strict=True)) for part in found.pop("parts")]
    return {"name": campaign.name, "networks": campaign.networks, **found, "parts": parts}


def main() -> int:
    """Carry out the check on stdin."""
    return gate.examine({"network": _network, "data": _data, "campaign": _campaign})


if __name__ == "__main__":
    sys.exit(main())
