"""CIFAR in both forms it is published in, of four images a file."""

import pickle
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mlservice.datasets.cifar import Variant


def images(count: int, seed: int) -> tuple[NDArray[np.uint8], list[int]]:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, 3072), dtype=np.uint8), random.integers(0, 10, count).tolist()


def write_pickles(folder: Path, variant: Variant) -> None:
    folder.mkdir()
    (folder / "meta").write_bytes(pickle.dumps({}, 2))
    for seed, name in enumerate((*variant.training, variant.test)):
        data, labels = images(4, seed)
        content = {b"data": data, variant.label: labels, b"batch_label": b"made"}
        (folder / name).write_bytes(pickle.dumps(content, protocol=2))


def write_records(folder: Path, variant: Variant) -> None:
    folder.mkdir()
    (folder / "fine_label_names.txt").write_text("apple\n")
    for seed, name in enumerate((*variant.training, variant.test)):
        data, labels = images(4, seed)
        heads = np.array([[7] * (variant.label_bytes - 1) + [label] for label in labels], np.uint8)
        np.concatenate([heads, data], axis=1).tofile(folder / f"{name}.bin")
