"""What kustomize makes of our folders, for the little of it that we use: resources, a namespace, patches that replace.

Anything else in a kustomization.yaml is an error here, so that nothing is checked that is not what would be applied.
"""

from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

PROJECT = Path(__file__).resolve().parents[2]
K8S = PROJECT / "k8s"
BASE = K8S / "base"
OVERLAYS = sorted(path.parent for path in (K8S / "overlays").glob("*/kustomization.yaml"))

Manifest = dict[str, Any]
_KNOWN = {"apiVersion", "kind", "namespace", "resources", "patches"}
_WITHOUT_NAMESPACE = {"Namespace"}


def render(folder: Path) -> list[Manifest]:
    """All manifests of a folder with a kustomization.yaml."""
    chosen = yaml.safe_load((folder / "kustomization.yaml").read_text())
    assert set(chosen) <= _KNOWN, f"{folder}: this test does not know {set(chosen) - _KNOWN}"
    found = [manifest for entry in chosen["resources"] for manifest in _resources(folder / entry)]
    for manifest in found:
        if "namespace" in chosen and manifest["kind"] not in _WITHOUT_NAMESPACE:
            manifest["metadata"]["namespace"] = chosen["namespace"]
    for patch in chosen.get("patches", []):
        _patch(found, patch)
    return found


def _resources(path: Path) -> Iterator[Manifest]:
    if path.is_dir():
        yield from render(path.resolve())
    else:
        # Anchors mean one value in several places; copies keep a patch of one from changing the others.
        yield from (deepcopy(manifest) for manifest in yaml.safe_load_all(path.read_text()) if manifest)


def _patch(manifests: list[Manifest], patch: dict[str, Any]) -> None:
    assert set(patch) == {"target", "patch"}
    target = patch["target"]
    hit = [m for m in manifests if (m["kind"], m["metadata"]["name"]) == (target["kind"], target["name"])]
    assert len(hit) == 1, f"{target} is {len(hit)} manifests"
    for step in yaml.safe_load(patch["patch"]):
        assert step["op"] == "replace", step
        *way, last = step["path"].strip("/").split("/")
        place: Any = hit[0]
        for name in way:
            place = place[name]
        assert last in place, f"{step['path']} is not there to be replaced"
        place[last] = step["value"]


def key(manifest: Manifest) -> tuple[str, str]:
    return manifest["kind"], manifest["metadata"]["name"]


def pods(manifests: list[Manifest]) -> dict[str, Manifest]:
    """Templates of pods, by the name of what makes them."""
    return {m["metadata"]["name"]: m["spec"]["template"] for m in manifests if "template" in m.get("spec", {})}


def containers(pod: Manifest) -> list[Manifest]:
    """Those that prepare and those that run."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]
