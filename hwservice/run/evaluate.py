"""Accuracy on a labelled split: the float network, and the integer network as the accelerator computes it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from contracts.errors import CalibrationError
from hwservice import integer_model
from hwservice.ir.graph import Graph
from hwservice.ir.quantised import QuantisedNetwork
from hwservice.quantise.error import evaluate_float
from hwservice.run.data import read_images, read_labels
from hwservice.run.request import Accuracy, EvaluateRequest
from hwservice.run.watch import Watch

BATCH = 500


@dataclass(frozen=True, eq=False)
class Split:
    """Labelled images of one network."""

    images: NDArray[np.float32]
    labels: NDArray[np.int64]


def read_split(request: EvaluateRequest, shape: tuple[int, ...]) -> Split:
    """The images and labels asked for.

    Raises:
        CalibrationError: the file cannot be used.
    """
    labels = read_labels(request.inputs, request.labels_key, request.count)
    images = read_images(request.inputs, shape, request.count)
    if len(labels) != len(images):
        raise CalibrationError(f"{request.inputs}: {len(images)} images but {len(labels)} labels")
    return Split(images, labels)


def score(graph: Graph, network: QuantisedNetwork, split: Split, watch: Watch) -> Accuracy:
    """Both accuracies on the same images: phases `integer` and `float`.

    Raises:
        CancelledError: the watch was told to stop.
    """
    images, labels, name = split.images, split.labels, graph.outputs[0].name
    started = time.perf_counter()
    with watch.phase("integer"):
        parts = []
        for at in _steps(len(images), watch):
            raw = integer_model.run(network, integer_model.quantise_input(network, images[at : at + BATCH]))
            parts.append(_classes(integer_model.dequantise_output(network, name, raw[name])))
        integer = np.concatenate(parts)
    with watch.phase("float"):
        real = np.concatenate(
            [_classes(evaluate_float(graph, images[at : at + BATCH])[name]) for at in _steps(len(images), watch)]
        )
    return Accuracy(
        network=network.name,
        accuracy_int8=float((integer == labels).mean()),
        accuracy_float=float((real == labels).mean()),
        agreement=float((integer == real).mean()),
        images=len(images),
        seconds=time.perf_counter() - started,
        notes=network.notes,
        quantisation=network.quantisation,
    )


def _steps(count: int, watch: Watch) -> Iterator[int]:
    for at in range(0, count, BATCH):
        watch.check()
        watch.tell(at / count)
        yield at


def _classes(values: NDArray[np.float32]) -> NDArray[np.int64]:
    greatest: NDArray[np.int64] = values.reshape(len(values), -1).argmax(axis=1)
    return greatest
