"""What the hardware service's routes share, and what they do with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, cast

from fastapi import Request

from contracts.accelerator import Accelerator, accelerator_named
from contracts.energy import load_table, table_names
from hwservice import toolchain
from hwservice.api.schemas import AttemptBody, CampaignOptions, EvaluateOptions, NetworkOptions, SimulateOptions
from hwservice.api.settings import Settings
from hwservice.campaign.definition import campaign_of_wire
from hwservice.jobs.gate import GATE_COMMAND
from servicekit.api import service
from servicekit.api.problems import ProblemError
from servicekit.api.service import Part
from servicekit.jobs.board import Order
from servicekit.jobs.gate import Gate


@dataclass(frozen=True)
class Service(service.Service):
    """All state of one running hardware service."""

    settings: Settings

    @property
    def gate(self) -> Gate:
        """How its uploads are checked."""
        return Gate(GATE_COMMAND, self.settings.gate)

    def parts(self) -> dict[str, Part]:
        """What it cannot work without, the tools included."""
        tools = {"java": toolchain.java, "c++": toolchain.cxx, "verilator": toolchain.verilator_root}
        return {**super().parts(), **tools}

    def order(self, body: AttemptBody) -> Order:
        """Resolve what a job refers to, so that every mistake is told before anything starts.

        Raises:
            ProblemError: 422 for an energy table that does not exist, 404 for a file that was never uploaded.
            InputError: an accelerator or energy table that is not valid.
        """
        options = body.options
        values: dict[str, Any] = {}
        if isinstance(options, CampaignOptions):
            campaign_of_wire(options.definition)
            return Order(body.kind, options.model_dump(mode="json"), options.model_dump())
        if not isinstance(options, EvaluateOptions):
            values["accelerator"] = _fields(resolve(options.accelerator))
        if isinstance(options, NetworkOptions):
            values |= self._network_values(options)
        if isinstance(options, EvaluateOptions):
            values |= {"inputs_path": self.upload_path("data", options.inputs), "count": options.count}
        if isinstance(options, SimulateOptions):
            values |= self._simulate_values(options, resolve(options.accelerator))
        return Order(body.kind, options.model_dump(mode="json"), values)

    def _network_values(self, options: NetworkOptions) -> dict[str, Any]:
        network = self.store.find("network", options.network)
        path = self.upload_path("network", options.network)
        return {
            "network_path": path,
            "network_name": network.name if network else "network",
            "calibration_path": self.upload_path("data", options.calibration),
            "scales": options.scales,
            "calibration_method": options.calibration_method,
            "percentile": options.percentile,
            "dims": options.dims or (dict(network.facts.get("dims", {})) if network else {}),
        }

    def _simulate_values(self, options: SimulateOptions, accelerator: Accelerator) -> dict[str, Any]:
        if options.energy_table is not None:
            if options.energy_table not in table_names():
                known = ", ".join(table_names())
                raise ProblemError(
                    HTTPStatus.UNPROCESSABLE_ENTITY,
                    f"there is no energy table {options.energy_table!r}",
                    field="body.options.energy_table",
                    value=options.energy_table,
                    fix=f"one of {known}",
                )
            load_table(options.energy_table).dram_entry(accelerator)
        return {
            "inputs_path": self.upload_path("data", options.inputs),
            "count": options.count,
            "energy_table": options.energy_table,
            "trace": options.trace,
            "simulator": options.simulator,
        }


def service_of(request: Request) -> Service:
    """The service that a request came to."""
    return cast(Service, service.service_of(request))


def resolve(accelerator: str | Mapping[str, Any]) -> Accelerator:
    """An accelerator by name or by its fields.

    Raises:
        AcceleratorError: unknown or not valid.
    """
    if isinstance(accelerator, str):
        return accelerator_named(accelerator)
    return Accelerator.from_mapping(accelerator)


def _fields(accelerator: Accelerator) -> dict[str, Any]:
    return {name: getattr(accelerator, name) for name in accelerator.__dataclass_fields__}
