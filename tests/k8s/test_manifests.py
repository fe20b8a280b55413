"""The manifests are what Kubernetes takes, fit each other, and give the programs settings that they take."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from backend.config.environment import Environment
from contracts.probes import LIVE, READY
from hwservice.api.settings import PORT, TOKEN_VARIABLE, usual_limits
from mlservice.api import settings as learning
from servicekit.api.health import router
from servicekit.api.server import ServeOptions
from tests.k8s.render import BASE, K8S, OVERLAYS, PROJECT, Manifest, containers, key, pods, render

FOLDERS = [BASE, *OVERLAYS]
VERSIONS = ("1.31", "1.37")
"""Kubernetes' oldest that we say works, and the newest known here."""
OURS = {"backend", "dispatcher", "hwservice", "mlservice"}
SERVICES = {
    "hwservice": (PORT, TOKEN_VARIABLE, usual_limits),
    "mlservice": (learning.PORT, learning.TOKEN_VARIABLE, learning.usual_limits),
}
MEMORY = {"Mi": 1 << 20, "Gi": 1 << 30}


@pytest.fixture(params=FOLDERS, ids=lambda folder: folder.name)
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return render(request.param)


@pytest.mark.parametrize("version", VERSIONS)
def test_every_manifest_is_what_kubernetes_takes(manifests: list[Manifest], version: str) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl, which brings kustomize, is not there")
@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_kustomize_renders_what_these_tests_look_at(folder: Path) -> None:
    done = subprocess.run(["kubectl", "kustomize", folder], capture_output=True, text=True, check=True)
    theirs = [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]
    assert sorted(theirs, key=key) == sorted(render(folder), key=key)


def test_no_file_is_forgotten() -> None:
    named = set(yaml.safe_load((BASE / "kustomization.yaml").read_text())["resources"])
    assert named == {path.name for path in BASE.glob("*.yaml")} - {"kustomization.yaml"}


def test_names_are_unique_and_selectors_find_their_pods(manifests: list[Manifest]) -> None:
    assert len({key(manifest) for manifest in manifests}) == len(manifests)
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()}
    for manifest in manifests:
        spec, name = manifest.get("spec", {}), manifest["metadata"]["name"]
        if manifest["kind"] in ("Deployment", "StatefulSet"):
            assert spec["selector"]["matchLabels"].items() <= labels[name].items()
        if manifest["kind"] == "Service":
            ports = {port["name"] for c in pods(manifests)[name]["spec"]["containers"] for port in c["ports"]}
            assert spec["selector"].items() <= labels[name].items()
            assert {port["targetPort"] for port in spec["ports"]} <= ports
        if manifest["kind"] == "PodDisruptionBudget":
            assert spec["selector"]["matchLabels"].items() <= labels[name].items()


def test_no_pod_may_more_than_it_needs(manifests: list[Manifest]) -> None:
    for pod in pods(manifests).values():
        spec = pod["spec"]
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["runAsUser"] > 0
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert spec["automountServiceAccountToken"] is False
        # Kubernetes would put variables of its own beside ours, and the backend refuses those that it does not know.
        assert spec["enableServiceLinks"] is False
        for container in containers(pod):
            confined = {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True}
            assert container["securityContext"] == {**confined, "capabilities": {"drop": ["ALL"]}}
            assert set(container["resources"]["requests"]) == {"cpu", "memory"}
            assert "memory" in container["resources"]["limits"]


def test_every_volume_that_is_mounted_is_there(manifests: list[Manifest]) -> None:
    claims = {m["metadata"]["name"] for m in manifests if m["kind"] == "PersistentVolumeClaim"}
    for manifest in manifests:
        spec = manifest.get("spec", {})
        if "template" not in spec:
            continue
        volumes = {volume["name"]: volume for volume in spec["template"]["spec"]["volumes"]}
        own = {claim["metadata"]["name"] for claim in spec.get("volumeClaimTemplates", [])}
        mounted = {mount["name"] for c in containers(spec["template"]) for mount in c["volumeMounts"]}
        assert mounted == set(volumes) | own
        for volume in volumes.values():
            assert volume.get("persistentVolumeClaim", {}).get("claimName") in {None, *claims}


def variables(manifests: list[Manifest], container: Manifest, secrets: dict[str, str]) -> dict[str, str]:
    """A container's environment, as Kubernetes puts it together."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", []):
        (settings,) = [m for m in manifests if key(m) == ("ConfigMap", source["configMapRef"]["name"])]
        found |= settings["data"]
    for entry in container.get("env", []):
        if "value" in entry:
            found[entry["name"]] = re.sub(r"\$\((\w+)\)", lambda match: found[match[1]], entry["value"])
        else:
            reference = entry["valueFrom"]["secretKeyRef"]
            assert reference["name"] == "secrets"
            found[entry["name"]] = secrets[reference["key"]]
    return found


@pytest.fixture(scope="module")
def secrets() -> dict[str, str]:
    """Those that docs/deployment.md has one create."""
    page = (PROJECT / "docs/deployment.md").read_text()
    names = re.findall(r"--from-literal=([a-z-]+)=", page)
    assert len(names) == 6
    return {name: f"{number}" * 64 for number, name in enumerate(names)}


def test_the_backend_takes_its_settings(manifests: list[Manifest], secrets: dict[str, str]) -> None:
    found = {}
    for name in ("backend", "dispatcher"):
        for container in containers(pods(manifests)[name]):
            environment = Environment.read(variables(manifests, container, secrets))
            assert environment.production
            assert environment.database != "sqlite"
            assert environment.redis
            found[name] = environment
    assert not found["backend"].dispatch
    assert found["dispatcher"].dispatch


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_and_the_backend_share_a_token(manifests: list[Manifest], secrets: dict[str, str], name: str) -> None:
    port, variable, _ = SERVICES[name]
    (service,) = pods(manifests)[name]["spec"]["containers"]
    (backend,) = pods(manifests)["backend"]["spec"]["containers"]
    token = variables(manifests, service, secrets)[variable]
    environment = Environment.read(variables(manifests, backend, secrets))
    assert getattr(environment, f"{name}_token") == token
    assert getattr(environment, f"{name}_url") == f"http://{name}:{port}"


def test_every_secret_is_used(manifests: list[Manifest], secrets: dict[str, str]) -> None:
    used = set(re.findall(r'"secretKeyRef": {"name": "secrets", "key": "([a-z-]+)"}', json.dumps(manifests)))
    assert used == set(secrets)


def test_probes_ask_what_our_programs_answer(manifests: list[Manifest]) -> None:
    of_service = {getattr(route, "path", "") for route in router.routes}
    answered = {"backend": {LIVE, READY}, "dispatcher": {LIVE, READY}, **dict.fromkeys(SERVICES, of_service)}
    for name in OURS:
        (container,) = pods(manifests)[name]["spec"]["containers"]
        probes = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "readiness", "liveness")}
        assert (probes["liveness"]["path"], probes["readiness"]["path"]) == (LIVE, READY)
        for probe in probes.values():
            assert probe["path"] in answered[name]
            assert probe["port"] in {port["name"] for port in container["ports"]}


@pytest.mark.parametrize("name", SERVICES)
def test_a_job_reaches_its_own_limit_of_memory_before_the_pods(manifests: list[Manifest], name: str) -> None:
    (container,) = pods(manifests)[name]["spec"]["containers"]
    limit = container["resources"]["limits"]["memory"]
    largest = max(limits.memory_bytes for limits in SERVICES[name][2]().values())
    assert int(limit[:-2]) * MEMORY[limit[-2:]] >= ServeOptions(PORT).workers * largest + MEMORY["Gi"]


def test_one_replica_of_what_holds_jobs_or_truth(manifests: list[Manifest]) -> None:
    replicas = {m["metadata"]["name"]: m["spec"]["replicas"] for m in manifests if "replicas" in m.get("spec", {})}
    assert all(replicas[name] == 1 for name in ("hwservice", "mlservice", "postgres", "redis"))


def policies(manifests: list[Manifest]) -> dict[str, Any]:
    return {m["metadata"]["name"]: m["spec"] for m in manifests if m["kind"] == "NetworkPolicy"}


def test_nobody_may_talk_but_who_must(manifests: list[Manifest]) -> None:
    found = policies(manifests)
    assert found.pop("nothing-by-default") == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    labels = {name: pod["metadata"]["labels"] for name, pod in pods(manifests).items()}

    def named(selector: dict[str, Any]) -> set[str]:
        return {name for name, has in labels.items() if selector["matchLabels"].items() <= has.items()}

    out, into = set(), set()
    for policy in found.values():
        here = named(policy["podSelector"])
        assert here
        for rule in policy.get("egress", []):
            ends = [named(end["podSelector"]) for end in rule["to"] if set(end) == {"podSelector"}]
            out |= {(start, stop) for group in ends for start in here for stop in group}
        for rule in policy.get("ingress", []):
            ends = [named(end["podSelector"]) for end in rule["from"] if set(end) == {"podSelector"}]
            into |= {(start, stop) for group in ends for start in group for stop in here}
    wanted = {
        (start, stop) for start in ("backend", "dispatcher") for stop in ("postgres", "redis", "hwservice", "mlservice")
    }
    wanted.add(("mlservice", "hwservice"))
    assert out == into == wanted


def test_the_outside_reaches_the_backend_alone_by_the_name_that_it_answers_to(manifests: list[Manifest]) -> None:
    (ingress,) = [m["spec"] for m in manifests if m["kind"] == "Ingress"]
    (settings,) = [m["data"] for m in manifests if m["kind"] == "ConfigMap"]
    (rule,) = ingress["rules"]
    assert [path["backend"]["service"]["name"] for path in rule["http"]["paths"]] == ["backend"]
    assert rule["host"] == settings["PROPRUNN_BACKEND_HOSTS"] == ingress["tls"][0]["hosts"][0]
    assert settings["PROPRUNN_BACKEND_ADDRESS"] == f"https://{rule['host']}"
    assert all(m["spec"].get("type", "ClusterIP") == "ClusterIP" for m in manifests if m["kind"] == "Service")


def test_images_are_those_that_the_dockerfiles_make(manifests: list[Manifest]) -> None:
    ours = {c["image"] for name in OURS for c in containers(pods(manifests)[name])}
    built = {re.findall(r"-t (\S+)", path.read_text())[0] for path in (K8S / "images").glob("*.Dockerfile")}
    assert ours == built
