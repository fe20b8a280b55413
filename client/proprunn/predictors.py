"""Predictors: what networks should cost, foretold from their structure, with an interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

from proprunn.downloads import download
from proprunn.transport import Transport


@dataclass(frozen=True)
class Prediction:
    """What a predictor says of one network on one accelerator.

    Attributes:
        value: in `unit`: ms, mJ or 1/s.
        low: lower end of the 90 % interval.
        high: upper end.
        outside: unlike the networks that the predictor was fitted to: the interval may not hold.
        expert: the closed form's estimate, in the same unit; None of accuracy.
        measured: `value`, `job` and `origin` of the newest simulation of the same; None where there is none.
        version: of the network; None where a structure was given.
        accelerator: its name.
        inputs: what the predictor's ONNX file is to be asked with, where it was asked for: `names`, `features` and `scales`. The value in
            ms or mJ is the sum over k of exp(model(features[k])) x scales[k].
        target: `latency`, `energy` or `throughput`.
        unit: of all figures.
        origin: that it is a prediction, and how sure.
    """

    value: float
    low: float
    high: float
    outside: bool
    expert: float | None
    measured: Mapping[str, Any] | None
    version: str | None
    accelerator: str
    inputs: Mapping[str, Any] | None
    target: str
    unit: str
    origin: str

    @classmethod
    def of(cls, item: Mapping[str, Any], answer: Mapping[str, Any]) -> Self:
        """From one item of an answer, and the answer."""
        return cls(**{entry.name: {**answer, **item}[entry.name] for entry in fields(cls)})


class Predictor:
    """A predictor, which never changes; a completed job of kind `fit_predictor` made it."""

    def __init__(self, transport: Transport, document: Mapping[str, Any]) -> None:
        self._transport, self._document = transport, dict(document)

    def __repr__(self) -> str:
        return f"<Predictor {self.name}@{self.version} {self.kind} {self.target} {self.url}>"

    @property
    def id(self) -> str:
        """Its id, which is that of its job."""
        return str(self._document["id"])

    @property
    def name(self) -> str:
        """What it is called."""
        return str(self._document["name"])

    @property
    def version(self) -> int:
        """The how many-th of its name it is in its project, from 1."""
        return int(self._document["version"])

    @property
    def kind(self) -> str:
        """Such as `hybrid`, `network`, `expert`."""
        return str(self._document["kind"])

    @property
    def target(self) -> str:
        """`latency` or `energy`."""
        return str(self._document["target"])

    @property
    def scores(self) -> Mapping[str, Any]:
        """On networks that it was not fitted to: `all`, `by_family`, `by_accelerator`; empty where it was fitted to all."""
        found: Mapping[str, Any] = self._document["scores"]
        return found

    @property
    def url(self) -> str:
        """Its page in the browser."""
        return f"{self._transport.url}/predictors/{self.id}"

    def to_mapping(self) -> dict[str, Any]:
        """The API's document."""
        return dict(self._document)

    def predict(
        self,
        networks: Sequence[Any],
        accelerator: Any = "pynq-8x32",
        *,
        target: str | None = None,
        inputs: bool = False,
    ) -> list[Prediction]:
        """What networks should cost on an accelerator, in their order; at most a hundred.

        Args:
            networks: of the predictor's project, or their ids, or structures as `contracts.structure` writes them.
            accelerator: a preset's name, an accelerator or its id, or fields.
            target: `throughput` of a predictor of latency; what it was fitted to where it is not given.
            inputs: also hand out what the ONNX file is to be asked with.

        Raises:
            UserError: a network that structures cannot say, or another target.
        """
        on = dict(accelerator) if isinstance(accelerator, Mapping) else _name(accelerator)
        queries = [{**_network(network), "accelerator": on} for network in networks]
        body = {"queries": queries, "inputs": inputs, **({"target": target} if target else {})}
        said = self._transport.post(f"/predictors/{self.id}/predictions", body)
        return [Prediction.of(item, said) for item in said["items"]]

    def evaluation(self) -> dict[str, Any]:
        """All kinds side by side by split and family, predicted against measured, the learning curve, what it goes by.

        Raises:
            NotFoundError: it was fitted before predictors were evaluated.
        """
        found: dict[str, Any] = self._transport.get(f"/predictors/{self.id}/evaluation")
        return found

    def download(self, path: str | Path = ".") -> Path:
        """Fetch it as a zip: CatBoost's own format, ONNX, JSON.

        Args:
            path: a file, or a folder that takes the file's own name.

        Raises:
            InternalError: it arrived damaged.
        """
        artifacts = self._transport.get(f"/jobs/{self.id}")["artifacts"]
        return download(self._transport, dict(artifacts["predictor"]), Path(path))

    def delete(self) -> None:
        """Delete its files; the job that made it stays."""
        self._transport.send("DELETE", f"/predictors/{self.id}")


def _network(network: Any) -> dict[str, Any]:
    return {"structure": dict(network)} if isinstance(network, Mapping) else {"network": _name(network)}


def _name(thing: Any) -> str:
    return thing if isinstance(thing, str) else str(thing.id)
