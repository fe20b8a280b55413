"""The client: one installation, one caller."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from proprunn.campaigns import Campaign, definition_from
from proprunn.errors import NotFoundError, UserError
from proprunn.jobs import Job
from proprunn.predictors import Predictor
from proprunn.resources import Accelerator, DataFile, Network, Project, pages
from proprunn.results import Comparison
from proprunn.runs import Run
from proprunn.settings import access
from proprunn.training import Reachable
from proprunn.transport import Patience, Transport

AnyAccelerator = str | Accelerator | Mapping[str, Any]
"""A preset's name, an accelerator or its id, or an accelerator's fields."""


class Client:
    """Speaks with one installation.

    Args:
        url: `PROPRUNN_URL`, or what `proprunn login` kept, where it is not given.
        token: `PROPRUNN_TOKEN`, or what `proprunn login` kept, where it is not given.
        patience: time-outs and attempts.
        transport: of httpx, for tests and proxies.

    Raises:
        UserError: address or token is nowhere.
    """

    def __init__(
        self,
        url: str | None = None,
        token: str | None = None,
        patience: Patience | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._transport = Transport(access(url, token), patience, transport)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of connections."""
        self._transport.close()

    @property
    def url(self) -> str:
        """The installation's address."""
        return self._transport.url

    def me(self) -> dict[str, Any]:
        """Who asks."""
        found: dict[str, Any] = self._transport.get("/me")
        return found

    def projects(self) -> Iterator[Project]:
        """The caller's projects, newest first."""
        return pages(self._transport, "/projects", {}, Project.of)

    def project(self, name: str) -> Project:
        """A project by its id or name.

        Raises:
            NotFoundError: there is none of that name for the caller.
            UserError: there are several.
        """
        if name.startswith("proj_"):
            return Project.of(self._transport.get(f"/projects/{name}"))
        found = [project for project in self.projects() if project.name == name]
        if not found:
            raise NotFoundError(f"there is no project {name!r}; create it, or see projects()", 404)
        if len(found) > 1:
            raise UserError(
                f"{len(found)} projects are called {name!r}: say one's id: {', '.join(p.id for p in found)}"
            )
        return found[0]

    def create_project(self, name: str, description: str = "") -> Project:
        """A new project of the caller's."""
        return Project.of(self._transport.post("/projects", {"name": name, "description": description}))

    def networks(self, project: str | Project) -> Iterator[Network]:
        """A project's networks, newest first."""
        return pages(self._transport, f"/projects/{self._id(project)}/networks", {}, Network.of)

    def network(self, network: str) -> Network:
        """A network by its id."""
        return Network.of(self._transport.get(f"/networks/{network}"))

    def upload_network(
        self,
        path: str | Path,
        project: str | Project,
        name: str | None = None,
        dims: Mapping[str, int] | None = None,
        description: str = "",
    ) -> Network:
        """Upload an ONNX file, weights included; it is checked before it is kept.

        Args:
            name: the file's own, without its ending, where it is not given.
            dims: values of dimensions that the network leaves open.

        Raises:
            ConflictError: the project has a network of that name: see `add_version`.
            UserError: it cannot be read, or holds what the accelerator does not do; the message names it.
        """
        file = _file(path)
        query = {"name": name or file.stem, "dims": _dims(dims), "description": description}
        place = f"/projects/{self._id(project)}/networks"
        return Network.of(self._transport.send("POST", place, query=query, content=file))

    def add_version(
        self, network: str | Network, path: str | Path, dims: Mapping[str, int] | None = None, note: str = ""
    ) -> Network:
        """Upload a further version of a network, which is its newest then."""
        file, place = _file(path), _name(network)
        query = {"dims": _dims(dims), "note": note}
        self._transport.send("POST", f"/networks/{place}/versions", query=query, content=file)
        return self.network(place)

    def data(self, project: str | Project) -> Iterator[DataFile]:
        """A project's data files, newest first."""
        return pages(self._transport, f"/projects/{self._id(project)}/data", {}, DataFile.of)

    def upload_data(
        self, path: str | Path, project: str | Project, name: str | None = None, *, use: str = "simulation"
    ) -> DataFile:
        """Upload calibration data or inputs (an npz file with key `input`), or images and classes to train on.

        Args:
            name: the file's own, without its ending, where it is not given.
            use: `training` where networks are to be trained on it: all images are looked at (docs/training.md).
        """
        file = _file(path)
        place, query = f"/projects/{self._id(project)}/data", {"name": name or file.stem, "use": use}
        return DataFile.of(self._transport.send("POST", place, query=query, content=file))

    def accelerators(self, project: str | Project | None = None) -> list[Accelerator]:
        """The presets; with a project its own too."""
        place = "/accelerators" if project is None else f"/projects/{self._id(project)}/accelerators"
        return [Accelerator.of(item) for item in self._transport.get(place)["items"]]

    def create_accelerator(self, project: str | Project, name: str, fields: Mapping[str, Any]) -> Accelerator:
        """Describe an accelerator of a project's own; fields left out have defaults.

        Raises:
            UserError: it cannot be built, and why.
        """
        place = f"/projects/{self._id(project)}/accelerators"
        return Accelerator.of(self._transport.post(place, {"name": name, "fields": dict(fields)}))

    def submit_compile_job(
        self,
        network: str | Network,
        accelerator: AnyAccelerator,
        *,
        calibration: str | DataFile | None = None,
        scales: str | None = None,
        calibration_method: str | None = None,
        name: str = "",
    ) -> Job:
        """Compile a network: the job's artifacts are `program` and `listing`."""
        method = {"calibration_method": calibration_method}
        body = {"calibration": _name(calibration), "scales": scales, "name": name, **method}
        return self._submit(self._project_of(network), "compile", network, accelerator, body)

    def submit_simulate_job(
        self,
        network: str | Network,
        accelerator: AnyAccelerator,
        *,
        calibration: str | DataFile | None = None,
        inputs: str | DataFile | None = None,
        count: int | None = None,
        scales: str | None = None,
        calibration_method: str | None = None,
        energy_table: str | None = None,
        trace: bool = False,
        simulator: str | None = None,
        name: str = "",
    ) -> Job:
        """Compile a network and run it on the accelerator's RTL.

        Args:
            network: a network or its id (its newest version is used), or a version's id with its network's project.
            count: how many inputs to run; 1 where it is not given.
            trace: keep a wave dump as artifact `wave`.
            simulator: `rtl`, or `null`, which measures nothing.
        """
        body = _simulation(calibration, inputs, count, scales, energy_table, trace, simulator)
        body |= {"calibration_method": calibration_method, "name": name}
        return self._submit(self._project_of(network), "simulate", network, accelerator, body)

    def submit_elaborate_job(self, project: str | Project, accelerator: AnyAccelerator, *, name: str = "") -> Job:
        """Generate an accelerator's Verilog."""
        return self._submit(self._id(project), "elaborate", None, accelerator, {"name": name})

    def submit_evaluate_job(
        self,
        network: str | Network,
        inputs: str | DataFile,
        *,
        calibration: str | DataFile | None = None,
        scales: str | None = None,
        calibration_method: str | None = None,
        count: int | None = None,
        name: str = "",
    ) -> Job:
        """Accuracy of the float network and of the integer network that accelerators run: see the job's `figures`.

        Args:
            inputs: a data file with images under `input` and their classes under `label`.
            count: only so many images, the first ones; all where it is not given.
        """
        body = {"calibration": _name(calibration), "inputs": _name(inputs), "scales": scales, "count": count}
        body |= {"calibration_method": calibration_method, "name": name}
        return self._submit(self._project_of(network), "evaluate", network, None, body)

    def submit_fit_predictor_job(
        self,
        project: str | Project,
        campaign: str | Campaign,
        name: str,
        *,
        kind: str | None = None,
        target: str | None = None,
        split: str | None = None,
        seed: int | None = None,
        compare: Sequence[str] | None = None,
        curve: bool | None = None,
    ) -> Job:
        """Fit a predictor to a completed campaign; the predictor has the job's id: `client.predictor(job.id)`.

        Args:
            name: lower-case letters, digits and dashes; versions count up.
            kind: `hybrid` where it is not given; docs/predictors.md lists all.
            target: `latency` where it is not given, or `energy`.
            split: what is kept back to score it: `random` where it is not given; `all` keeps back nothing.
            compare: kinds to judge beside it on every split; `()` for none.
            curve: whether to find out how its error falls with more simulations; it does unless told not to.
        """
        wanted: dict[str, Any] = {"name": name, "kind": kind, "target": target, "split": split, "seed": seed}
        wanted |= {"compare": None if compare is None else list(compare), "curve": curve}
        body = {"campaign": _name(campaign), "predictor": _given(wanted), "name": name}
        return self._submit(self._id(project), "fit_predictor", None, None, body)

    def training(self) -> dict[str, Any]:
        """What training sessions can be about: `networks`, `data`, `methods`, and who can foretell `costs`."""
        found: dict[str, Any] = self._transport.get("/training")
        return found

    def reachable(
        self,
        project: str | Project,
        *,
        network: str | None = None,
        data: str | DataFile | None = None,
        accelerator: str | Accelerator | None = None,
        cost: str | None = None,
    ) -> list[Reachable]:
        """Which budgets a network can keep, without training: the least network, half of its channels, all of them.

        Args:
            network: such as `resnet8`; `training()` lists all.
            data: such as `fashion-mnist`, or a data file for training.
            accelerator: a preset's name, an accelerator or its id.
            cost: who foretells costs.
        """
        query = {"network": network, "data": _name(data), "accelerator": _name(accelerator), "cost": cost}
        return Reachable.all_of(self._transport.get(f"/projects/{self._id(project)}/reachable", _given(query)))

    def submit_train_job(self, project: str | Project, *, data: str | DataFile | None = None, **options: Any) -> Job:
        """Train a network as it is: `job.session()` says what it came to. It becomes a version of a network of the project.

        Args:
            data: such as `fashion-mnist`, or a data file for training.
            options: `network`, `epochs`, `seed`, `training_images`, `batch_images`, `peak_learning_rate`, `precision`,
                `validation_share`, and `name` of the job; docs/backend.md has the defaults.

        Raises:
            UserError: an option is wrong; the message names it, its value and the fix.
        """
        body = {"data": _name(data), **options}
        return Job(self._transport, self._transport.post(f"/projects/{self._id(project)}/train", _given(body)))

    def submit_prune_job(
        self,
        project: str | Project,
        *,
        data: str | DataFile | None = None,
        accelerator: AnyAccelerator | None = None,
        latency_ms: float | None = None,
        energy_mj: float | None = None,
        method: str | None = None,
        cost: str | None = None,
        dense: str | Job | None = None,
        **options: Any,
    ) -> Job:
        """Train a network that shapes itself within a budget, in one session, and measure it on the RTL.

        Args:
            data: such as `fashion-mnist`, or a data file for training.
            accelerator: `pynq-8x32` where it is not given.
            latency_ms: of one image on the RTL, at most.
            energy_mj: of one image, at most; beside or instead of the latency.
            method: `priced-gates` where it is not given; `training()` lists all.
            cost: who foretells costs: `expert` where it is not given.
            dense: a completed job that trained the same network, data, images, epochs and seed: stated beside, and parent.
            options: as of `submit_train_job`.

        Raises:
            UserError: an option is wrong, or the budget is below the least that is reachable.
        """
        body = {"data": _name(data), "accelerator": _accelerator(accelerator), "dense": _name(dense), **options}
        body |= {"latency_ms": latency_ms, "energy_mj": energy_mj, "method": method, "cost": cost}
        return Job(self._transport, self._transport.post(f"/projects/{self._id(project)}/prune", _given(body)))

    def submit_pareto_job(
        self,
        project: str | Project,
        methods: Sequence[str],
        *,
        shares: Sequence[float] | None = None,
        budgets_ms: Sequence[float] | None = None,
        budgets_mj: Sequence[float] | None = None,
        seeds: Sequence[int] = (0,),
        data: str | DataFile | None = None,
        accelerator: AnyAccelerator | None = None,
        **options: Any,
    ) -> Job:
        """Sessions of several methods and seeds at several budgets: `job.sweep()` has the front, hypervolumes and spreads.

        Args:
            methods: of `training()`; with `dense` among them, each is compared with the dense network of its seed.
            shares: budgets as parts of the dense network's latency on the RTL.
            budgets_ms: budgets as latencies, in place of shares.
            budgets_mj: budgets as energies, in place of either.
            options: as of `submit_train_job`, but for `seed`; also `cost` and `side_by_side`.

        Raises:
            UserError: an option is wrong; the message names it, its value and the fix.
        """
        body = {"data": _name(data), "accelerator": _accelerator(accelerator), **options}
        body |= {"methods": list(methods), "seeds": list(seeds)}
        budgets = {"shares": shares, "budgets_ms": budgets_ms, "budgets_mj": budgets_mj}
        body |= {name: list(values) for name, values in budgets.items() if values is not None}
        return Job(self._transport, self._transport.post(f"/projects/{self._id(project)}/pareto", _given(body)))

    def predictors(self, project: str | Project) -> Iterator[Predictor]:
        """A project's predictors, newest first."""
        view: Callable[[Mapping[str, Any]], Predictor] = lambda item: Predictor(self._transport, item)  # noqa: E731
        return pages(self._transport, f"/projects/{self._id(project)}/predictors", {}, view)

    def predictor(self, predictor: str) -> Predictor:
        """A predictor by its id, or by the address of its page."""
        name = predictor.rstrip("/").rpartition("/")[2]
        return Predictor(self._transport, self._transport.get(f"/predictors/{name}"))

    def submit_simulate_run(
        self,
        networks: Sequence[str | Network],
        accelerators: Sequence[AnyAccelerator],
        name: str,
        *,
        calibration: str | DataFile | None = None,
        inputs: str | DataFile | None = None,
        count: int | None = None,
        scales: str | None = None,
        calibration_method: str | None = None,
        energy_table: str | None = None,
        simulator: str | None = None,
    ) -> Run:
        """Simulate every network on every accelerator: all jobs are queued, or none."""
        if not networks:
            raise UserError("no network is given; a run needs one at least")
        body = _simulation(calibration, inputs, count, scales, energy_table, False, simulator)
        body |= {"calibration_method": calibration_method}
        body |= {"kind": "simulate", "name": name, "networks": [_name(network) for network in networks]}
        body["accelerators"] = [_accelerator(accelerator) for accelerator in accelerators]
        place = f"/projects/{self._project_of(networks[0])}/runs"
        return Run(self._transport, self._transport.post(place, _given(body)))

    def runs(self, project: str | Project) -> Iterator[Run]:
        """A project's runs, newest first."""
        view: Callable[[Mapping[str, Any]], Run] = lambda item: Run(self._transport, item)  # noqa: E731
        return pages(self._transport, f"/projects/{self._id(project)}/runs", {}, view)

    def run(self, run: str) -> Run:
        """A run by its id."""
        return Run(self._transport, self._transport.get(f"/runs/{run}"))

    def estimate_campaign(self, definition: str | Path | Mapping[str, Any], project: str | Project) -> dict[str, Any]:
        """Rows and minutes of a campaign, in all and by part, before anything starts.

        Args:
            definition: a file in TOML or JSON, or what it holds.

        Raises:
            UserError: it is wrong; the message says where.
        """
        body = {"definition": definition_from(definition)}
        found: dict[str, Any] = self._transport.post(f"/projects/{self._id(project)}/campaigns/estimate", body)
        return found

    def submit_campaign(
        self,
        definition: str | Path | Mapping[str, Any],
        project: str | Project,
        *,
        name: str = "",
        simulator: str | None = None,
    ) -> Campaign:
        """Simulate many pruned networks on the RTL: a data set in the making.

        Args:
            definition: a file in TOML or JSON, or what it holds; accelerators of the project's own go by id or name.
            name: the definition's own where it is not given.
            simulator: `rtl`, or `null`, which measures nothing.

        Raises:
            UserError: the definition is wrong; the message says where.
        """
        body = {"definition": definition_from(definition), "name": name, "simulator": simulator}
        place = f"/projects/{self._id(project)}/campaigns"
        return Campaign(self._transport, self._transport.post(place, _given(body)))

    def campaigns(self, project: str | Project) -> Iterator[Campaign]:
        """A project's campaigns, newest first."""
        view: Callable[[Mapping[str, Any]], Campaign] = lambda item: Campaign(self._transport, item)  # noqa: E731
        return pages(self._transport, f"/projects/{self._id(project)}/campaigns", {}, view)

    def campaign(self, campaign: str) -> Campaign:
        """A campaign by its id, or by the address of its page."""
        name = campaign.rstrip("/").rpartition("/")[2]
        return Campaign(self._transport, self._transport.get(f"/campaigns/{name}"))

    def job(self, job: str) -> Job:
        """A job by its id, or by the address of its page."""
        return Job(self._transport, self._transport.get(f"/jobs/{job.rstrip('/').rpartition('/')[2]}"))

    def jobs(
        self,
        *,
        project: str | Project | None = None,
        state: str | None = None,
        kind: str | None = None,
        network: str | Network | None = None,
        accelerator: str | None = None,
        run: str | None = None,
        created_after: str | None = None,
        created_before: str | None = None,
        order: str | None = None,
    ) -> Iterator[Job]:
        """Jobs that the caller may see, newest first unless ordered otherwise, fetched as they are asked for.

        Args:
            accelerator: its name.
            created_after: a time, such as `2026-01-31T12:00:00Z`.
            order: `created`, `started`, `ended` or `name`; with `-` the other way round.
        """
        query = {
            "project": None if project is None else self._id(project),
            "network": _name(network),
            **{"state": state, "kind": kind, "accelerator": accelerator, "run": run, "order": order},
            **{"created_after": created_after, "created_before": created_before},
        }
        return pages(self._transport, "/jobs", query, lambda item: Job(self._transport, item))

    def compare(self, jobs: Iterable[str | Job], reference: str | Job | None = None) -> Comparison:
        """Finished simulations side by side, up to a hundred.

        Args:
            reference: the one that ratios are to; the first where it is not given.
        """
        query = {"jobs": ",".join(_name(job) or "" for job in jobs), "reference": _name(reference)}
        return Comparison.parse(self._transport.get("/compare", query))

    def queue(self) -> dict[str, Any]:
        """What runs and what waits for what, in order."""
        found: dict[str, Any] = self._transport.get("/queue")
        return found

    def _submit(
        self,
        project: str,
        kind: str,
        network: str | Network | None,
        accelerator: AnyAccelerator | None,
        body: Mapping[str, Any],
    ) -> Job:
        whole = {"kind": kind, "network": _name(network), "accelerator": _accelerator(accelerator), **body}
        return Job(self._transport, self._transport.post(f"/projects/{project}/jobs", _given(whole)))

    def _id(self, project: str | Project) -> str:
        if isinstance(project, Project):
            return project.id
        return project if project.startswith("proj_") else self.project(project).id

    def _project_of(self, network: str | Network) -> str:
        return network.project if isinstance(network, Network) else self.network(network).project


def _simulation(
    calibration: str | DataFile | None,
    inputs: str | DataFile | None,
    count: int | None,
    scales: str | None,
    energy_table: str | None,
    trace: bool,
    simulator: str | None,
) -> dict[str, Any]:
    body = {"calibration": _name(calibration), "inputs": _name(inputs), "count": count, "scales": scales}
    return {**body, "energy_table": energy_table, "trace": trace or None, "simulator": simulator}


def _given(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value is not None}


def _name(thing: Any) -> Any:
    return thing if thing is None or isinstance(thing, str) else thing.id


def _accelerator(accelerator: AnyAccelerator | None) -> Any:
    return dict(accelerator) if isinstance(accelerator, Mapping) else _name(accelerator)


def _dims(dims: Mapping[str, int] | None) -> str | None:
    return ",".join(f"{name}={size}" for name, size in dims.items()) if dims else None


def _file(path: str | Path) -> Path:
    file = Path(path)
    if not file.is_file():
        raise UserError(f"there is no file {str(path)!r}")
    return file
