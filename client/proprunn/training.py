"""Training sessions: what they can be about, what is reachable before anything runs, and what they came to."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Self


@dataclass(frozen=True)
class Reachable:
    """What a network costs with so much of it left; nothing was trained.

    Attributes:
        name: `least`, `half` (of the channels) or `dense`.
        latency_ms: of one image, foretold: `origin` says by whom.
        energy_mj: as that.
        params: weights, with scale and offset of every normalisation.
        macs: multiply-accumulates for one image.
    """

    name: str
    latency_ms: float
    energy_mj: float
    params: int
    macs: int
    origin: str

    @classmethod
    def all_of(cls, answer: Mapping[str, Any]) -> list[Self]:
        """From the API's answer, least first."""
        return [cls(**item, origin=answer["origin"]) for item in answer["items"]]


@dataclass(frozen=True)
class Session:
    """What a training session came to; what it does not have is None.

    Attributes:
        network: that was trained, such as `resnet8`.
        data: on which.
        epochs: passes over the training images, with the seed `seed`.
        accuracy_float: over the whole test split, 0 to 1; `accuracy_int8` of the integer network as the accelerator computes it.
        trained_for_rounding: the integer network would have lost too much, so the last part of the session trained with rounding.
        accuracy_dense: of the dense session that it was compared with.
        params: weights, with scale and offset of every normalisation.
        train_energy_wh: of the training, `train_co2_g` what came of it; `footprint_method` says how both are known.
        wall_s: that the training took.
        network_id: the project's network that it became a version of, and `version`.
        method: how the network was pruned, to `budget` (by metric) on `accelerator`.
        predicted_latency_ms: and `predicted_energy_mj`: foretold, corrected by what was measured in the session.
        measured_latency_ms: measured on the RTL; `measured_energy_mj` is modelled from its counters.
        bit_exact: the RTL's outputs are those of the integer network.
        kept: by layer `filters` and the `density` of their weights.
        macs: multiply-accumulates for one image.
    """

    network: str
    data: str
    epochs: int
    seed: int
    accuracy_float: float
    params: int
    wall_s: float
    precision: str
    footprint_method: str
    train_energy_wh: float | None = None
    train_co2_g: float | None = None
    network_id: str | None = None
    version: str | None = None
    method: str | None = None
    budget: Mapping[str, float] | None = None
    accelerator: str | None = None
    accuracy_int8: float | None = None
    trained_for_rounding: bool | None = None
    accuracy_dense: float | None = None
    predicted_latency_ms: float | None = None
    predicted_energy_mj: float | None = None
    measured_latency_ms: float | None = None
    measured_energy_mj: float | None = None
    bit_exact: bool | None = None
    kept: Mapping[str, Mapping[str, Any]] | None = None
    macs: int | None = None

    @classmethod
    def of(cls, result: Mapping[str, Any]) -> Self:
        """From a job's result."""
        return cls(**{entry.name: result[entry.name] for entry in fields(cls) if entry.name in result})
