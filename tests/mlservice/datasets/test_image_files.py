"""Folders of images and ImageNet in its true layouts; images are decoded when they are asked for."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

from contracts.errors import InputError
from mlservice.datasets import folders, imagenet
from mlservice.datasets.pixels import Chosen

SYNSETS = ("n01440764", "n01443537", "n01484850")


def write_image(path: Path, shade: int, size: tuple[int, int] = (8, 8), mode: str = "RGB") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, shade if mode == "L" else (shade, 0, 0)).save(path)


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """Cats and dogs in folders of their own: four each to train on, two each to test on."""
    for part, count in (("train", 4), ("test", 2)):
        for shade, name in ((10, "cat"), (200, "dog")):
            for number in range(count):
                write_image(tmp_path / "animals" / part / name / f"{number}.png", shade + number)
    return tmp_path / "animals"


def test_a_folder_for_each_class_is_a_data_set(animals: Path) -> None:
    dataset = folders.read(animals)
    assert (dataset.name, dataset.classes, dataset.image_shape) == ("animals", 2, (3, 8, 8))
    assert dataset.training.labels.tolist() == [0] * 4 + [1] * 4
    assert dataset.training.pixels[np.array([1, 7])][:, 0, 0, 0].tolist() == [11, 203]
    assert dataset.validation is None


def test_a_folder_of_validation_images_is_one_where_there_is_a_test_too(animals: Path) -> None:
    for name in ("cat", "dog"):
        write_image(animals / "val" / name / "0.png", 5)
    dataset = folders.read(animals)
    assert dataset.validation is not None
    assert (len(dataset.validation), len(dataset.test)) == (2, 4)


def test_classes_without_splits_are_divided_the_same_way_each_time(animals: Path) -> None:
    one, other = folders.read(animals / "train"), folders.read(animals / "train")
    assert (len(one.training), len(one.test)) == (6, 2)
    assert one.digest() == other.digest()
    assert isinstance(one.training.pixels, Chosen)


def test_grey_images_have_one_channel_and_any_size_becomes_the_wanted_one(tmp_path: Path) -> None:
    for name, size in (("a", (9, 14)), ("b", (30, 12))):
        for number in range(2):
            write_image(tmp_path / name / f"{number}.png", 77, size, "L")
    assert folders.read(tmp_path, 10).image_shape == (1, 10, 10)
    unlike = folders.read(tmp_path)
    with pytest.raises(InputError, match="give an image size"):
        unlike.training.pixels[:]


@pytest.mark.parametrize("damage", [b"", b"no image", b"\x89PNG\r\n\x1a\n"])
def test_a_damaged_image_is_named_when_it_is_asked_for(animals: Path, damage: bytes) -> None:
    (animals / "train" / "dog" / "2.png").write_bytes(damage)
    with pytest.raises(InputError, match=r"2\.png cannot be read as an image"):
        folders.read(animals).training.pixels[:]


def test_folders_without_classes_or_images_and_unknown_classes_are_named(animals: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="has no folders of classes"):
        folders.read(animals / "train" / "cat")
    write_image(animals / "test" / "cow" / "0.png", 1)
    with pytest.raises(InputError, match="has the class 'cow', which the training images lack: cat, dog"):
        folders.read(animals)
    (tmp_path / "empty" / "cat").mkdir(parents=True)
    with pytest.raises(InputError, match="cat has no images"):
        folders.read(tmp_path / "empty")


def write_imagenet(folder: Path) -> None:
    """Training folders of two images a synset; six validation images, flat."""
    for shade, synset in enumerate(SYNSETS):
        for number in range(2):
            write_image(folder / "train" / synset / f"{synset}_{number}.JPEG", 80 * shade, (40, 30))
    for number in range(6):
        write_image(folder / "val" / f"ILSVRC2012_val_{number + 1:08d}.JPEG", 80 * (number % 3), (30, 50))


def write_kit(folder: Path) -> None:
    kit = folder / "ILSVRC2012_devkit_t12" / "data"
    kit.mkdir(parents=True)
    kinds = [("ILSVRC2012_ID", "f8"), ("WNID", "O")]
    # The kit numbers synsets in an order of its own.
    savemat(kit / "meta.mat", {"synsets": np.array([(k + 1, SYNSETS[2 - k]) for k in range(3)], kinds)})
    (kit / "ILSVRC2012_validation_ground_truth.txt").write_text("".join(f"{3 - n % 3}\n" for n in range(6)))


def check(folder: Path) -> None:
    found = imagenet.find(folder)
    assert found is not None
    dataset = imagenet.read(found, "here", 24)
    assert (dataset.classes, dataset.image_shape) == (3, (3, 24, 24))
    for split in (dataset.training, dataset.test):
        assert split.labels.tolist() == [0, 0, 1, 1, 2, 2]
        np.testing.assert_allclose(split.pixels[:].mean((2, 3))[:, 0], 80.0 * split.labels, atol=2)


def test_imagenet_with_flat_validation_images_and_the_development_kit(tmp_path: Path) -> None:
    write_imagenet(tmp_path / "imagenet")
    write_kit(tmp_path / "imagenet")
    check(tmp_path)


def test_imagenet_as_kaggle_lays_it_out(tmp_path: Path) -> None:
    write_imagenet(tmp_path / "ILSVRC/Data/CLS-LOC")
    rows = [f"ILSVRC2012_val_{n + 1:08d},{SYNSETS[n % 3]} 1 2 3 4 \n" for n in range(6)]
    (tmp_path / "LOC_val_solution.csv").write_text("ImageId,PredictionString\n" + "".join(rows))
    check(tmp_path)


def test_imagenet_with_validation_images_in_folders(tmp_path: Path) -> None:
    write_imagenet(tmp_path)
    for number in range(6):
        name = f"ILSVRC2012_val_{number + 1:08d}.JPEG"
        (tmp_path / "val" / SYNSETS[number % 3]).mkdir(exist_ok=True)
        (tmp_path / "val" / name).rename(tmp_path / "val" / SYNSETS[number % 3] / name)
    check(tmp_path)


def test_imagenets_archives_are_read_without_unpacking_them(tmp_path: Path) -> None:
    write_imagenet(tmp_path / "made")
    packed = tmp_path / "packed"
    write_kit(packed)
    with tarfile.open(packed / "ILSVRC2012_img_train.tar", "w") as outer:
        for synset in SYNSETS:
            with tarfile.open(tmp_path / f"{synset}.tar", "w") as inner:
                for image in sorted((tmp_path / "made" / "train" / synset).iterdir()):
                    inner.add(image, image.name)
            outer.add(tmp_path / f"{synset}.tar", f"{synset}.tar")
    with tarfile.open(packed / "ILSVRC2012_img_val.tar", "w") as archive:
        for image in sorted((tmp_path / "made" / "val").iterdir()):
            archive.add(image, image.name)
    check(packed)


def test_imagenet_without_the_classes_of_its_validation_images_says_what_is_missing(tmp_path: Path) -> None:
    write_imagenet(tmp_path)
    with pytest.raises(InputError, match="nothing tells the classes of the validation images"):
        imagenet.read(tmp_path, "here")
