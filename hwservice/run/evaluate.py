"""Accuracy on a labelled split: the float network, and the integer network as the accelerator computes it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from contracts.errors import CalibrationError
from hwservice.run.data import read_images, read_labels
from hwservice.run.request import CompileRequest
from hwservice.run.watch import Watch

BATCH = 500


@dataclass(frozen=True)
class EvaluateRequest:
    """A network and a labelled split: an npz with key `input` and the labels under `labels_key`."""

    compile: CompileRequest
    inputs: Path
    labels_key: str = "label"
    count: int | None = None


@dataclass(frozen=True)
class Accuracy:
    """Top-1 accuracies, 0 to 1, on `images` images.

    Attributes:
        accuracy_int8: of the bit-exact integer model, which the RTL equals.
        accuracy_float: of the network as given, by ONNX Runtime.
        agreement: share of images for which both give the same class.
        seconds: of both evaluations.
    """

    network: str
    accuracy_int8: float
    accuracy_float: float
    agreement: float
    images: int
    seconds: float
    notes: tuple[str, ...] = ()


def evaluate(request: EvaluateRequest, watch: Watch) -> Accuracy:
    """Both accuracies on the same images.

    Raises:
        InputError: the network or the data cannot be used.
        CancelledError: the watch was told to stop.
    """
    from hwservice import integer_model  # noqa: PLC0415  # with onnx and its runtime it takes a second to import
    from hwservice.frontend import evaluate_float  # noqa: PLC0415
    from hwservice.run import compiler  # noqa: PLC0415

    with watch.phase("import"):
        graph = compiler.read(request.compile)
        labels = read_labels(request.inputs, request.labels_key, request.count)
        images = read_images(request.inputs, graph.input_shape, request.count)
        if len(labels) != len(images):
            raise CalibrationError(f"{request.inputs}: {len(images)} images but {len(labels)} labels")
    with watch.phase("quantise"):
        network = compiler.quantised(graph, compiler.calibration(request.compile, graph), request.compile)
    started = time.perf_counter()
    name = graph.outputs[0].name
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
    )


def _steps(count: int, watch: Watch) -> Iterator[int]:
    for at in range(0, count, BATCH):
        watch.check()
        watch.tell(at / count)
        yield at


def _classes(values: NDArray[np.float32]) -> NDArray[np.int64]:
    greatest: NDArray[np.int64] = values.reshape(len(values), -1).argmax(axis=1)
    return greatest
