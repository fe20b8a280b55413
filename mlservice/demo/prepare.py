"""Train the demonstration's network and leave the files that the hardware side reads; done once per content."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import torch

import mlservice.datasets
import mlservice.networks
from contracts.cache import cache_directory
from contracts.errors import InputError
from mlservice.datasets import Dataset
from mlservice.export import export_onnx, export_split
from mlservice.networks import ResNet8, ResNet8Options
from mlservice.training import Progress, TrainingOptions, train

CALIBRATION_IMAGES: Final = 512


@dataclass(frozen=True)
class Prepared:
    """A trained network and its data.

    Attributes:
        folder: holds `resnet8.onnx`, `test.npz`, `calibration.npz` and `training.json`.
        dataset: name and origin of the images.
        test_images: images in `test.npz`.
        accuracy: float, 0 to 1, as torch computes it on `test.npz`.
        training_seconds: what training took, in this run or in the earlier one whose result is used again.
        reused: nothing was trained now.
    """

    folder: Path
    dataset: str
    test_images: int
    accuracy: float
    training_seconds: float
    reused: bool

    @property
    def network(self) -> Path:
        """The network as ONNX."""
        return self.folder / "resnet8.onnx"

    @property
    def test(self) -> Path:
        """The test split: `input` and `label`."""
        return self.folder / "test.npz"

    @property
    def calibration(self) -> Path:
        """Images of the training split: `input` and `label`."""
        return self.folder / "calibration.npz"


def prepare(dataset: Dataset, options: TrainingOptions, report: Callable[[Progress], None] | None = None) -> Prepared:
    """Train a ResNet-8 on the data set, or find the one that the same code, data and options gave before.

    Raises:
        InputError: the data set does not suit the options.
    """
    folder = cache_directory() / "demo" / _key(dataset, options)
    reused = is_prepared(dataset, options)
    if not reused:
        _train_into(folder, dataset, options, report)
    facts = json.loads((folder / "training.json").read_text())
    words = f"{dataset.name} from {dataset.origin}"
    return Prepared(folder, words, len(dataset.test), facts["accuracy"], facts["seconds"], reused)


def is_prepared(dataset: Dataset, options: TrainingOptions) -> bool:
    """An earlier run has trained this already."""
    return (cache_directory() / "demo" / _key(dataset, options) / "training.json").is_file()


def _train_into(
    folder: Path, dataset: Dataset, options: TrainingOptions, report: Callable[[Progress], None] | None
) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(options.seed)
    network = ResNet8(ResNet8Options(input_channels=dataset.image_shape[0], classes=dataset.classes))
    result = train(network, dataset, options, report)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        export_onnx(network, dataset.image_shape, made / "resnet8.onnx")
        export_split(dataset.test, made / "test.npz")
        export_split(dataset.training.first(CALIBRATION_IMAGES), made / "calibration.npz")
        (made / "training.json").write_text(json.dumps(asdict(result)))
        if folder.exists():
            shutil.rmtree(folder)
        made.replace(folder)


def _key(dataset: Dataset, options: TrainingOptions) -> str:
    """Sixteen hexadecimal digits that change with the data, the options, the code and torch."""
    if options.batch_images > len(dataset.training):
        raise InputError(f"{dataset.name} has {len(dataset.training)} images, fewer than a batch")
    total = hashlib.sha256(f"{dataset.digest()} {options!r} {torch.__version__}".encode())
    package = Path(mlservice.__file__).parent
    for source in sorted(package.rglob("*.py")):
        if "demo" not in source.relative_to(package).parts[:1] or source.name == "prepare.py":
            total.update(source.read_bytes())
    return total.hexdigest()[:16]
