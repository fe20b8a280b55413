"""Networks of torchvision, fitted to the channels, size and classes of the data."""

import inspect
from typing import Any, Final

from torch import nn

from contracts.errors import NetworkError

SMALL_IMAGE: Final = 64
"""Below so many pixels a stem that quarters the map leaves too little of it: stems then keep the size, as is usual for CIFAR."""


def resnet(name: str, image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Torchvision's ResNet of that name; small images get a 3 x 3 stem with stride 1 and no pool."""
    network: Any = torchvision_network(name, image_shape, classes)
    if min(image_shape[1:]) < SMALL_IMAGE:
        network.conv1 = nn.Conv2d(image_shape[0], network.conv1.out_channels, 3, 1, 1, bias=False)
        network.maxpool = nn.Identity()
    return network  # type: ignore[no-any-return]  # torchvision ships no types


def mobilenet_v2(image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Torchvision's MobileNetV2; for small images the stem and the second stage keep the size."""
    network: Any = torchvision_network("mobilenet_v2", image_shape, classes)
    if min(image_shape[1:]) < SMALL_IMAGE:
        network.features[0][0].stride = (1, 1)
        network.features[2].conv[1][0].stride = (1, 1)
    return network  # type: ignore[no-any-return]  # as above


def small_densenet(image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Three dense blocks of six layers that make 12 channels each, with the 3 x 3 stem of CIFAR (Huang et al. 2017)."""
    from torchvision.models import DenseNet  # noqa: PLC0415  # torchvision takes seconds to import

    network: Any = DenseNet(12, (6, 6, 6), 24, num_classes=classes)
    return _without_stem_pool(network, image_shape[0])


def densenet121(image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Torchvision's DenseNet-121; small images get the stem of CIFAR."""
    network: Any = torchvision_network("densenet121", image_shape, classes)
    if min(image_shape[1:]) >= SMALL_IMAGE:
        return network  # type: ignore[no-any-return]  # as above
    return _without_stem_pool(network, image_shape[0])


def torchvision_network(name: str, image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Any of torchvision's classifiers, without its auxiliary outputs, untrained; the first convolution takes the data's channels.

    Raises:
        NetworkError: its first layer is no convolution, or torchvision refuses.
    """
    from torchvision import models  # noqa: PLC0415  # torchvision takes seconds to import

    options: dict[str, Any] = {"weights": None, "num_classes": classes}
    if name in ("googlenet", "inception_v3"):
        options |= {"aux_logits": False, "init_weights": True}
    if name.startswith("vit"):
        options["image_size"] = image_shape[1]
    try:
        network: nn.Module = models.get_model(name, **options)
    except (AssertionError, RuntimeError, TypeError, ValueError) as error:
        raise NetworkError(f"torchvision's {name} cannot be made for images of {image_shape}: {error}") from error
    _take_channels(name, network, image_shape[0])
    return network


def torchvision_names() -> list[str]:
    """Of all its classifiers."""
    from torchvision import models  # noqa: PLC0415  # torchvision takes seconds to import

    return list(models.list_models(module=models))


def _take_channels(name: str, network: nn.Module, channels: int) -> None:
    """Make the first convolution anew where it takes another number of channels."""
    path, first = next(((p, m) for p, m in network.named_modules() if isinstance(m, nn.Conv2d)), ("", None))
    if first is None or first.in_channels == channels:
        return
    if first.groups != 1:
        raise NetworkError(
            f"{name} begins with a convolution of {first.groups} groups, not fit for {channels} channels"
        )
    given = {k: getattr(first, k) for k in inspect.signature(nn.Conv2d).parameters if hasattr(first, k)}
    given |= {"in_channels": channels, "bias": first.bias is not None}
    parent, _, last = path.rpartition(".")
    setattr(network.get_submodule(parent), last, nn.Conv2d(**given))


def _without_stem_pool(network: Any, channels: int) -> nn.Module:
    """A DenseNet whose stem keeps the size."""
    network.features.conv0 = nn.Conv2d(channels, network.features.conv0.out_channels, 3, 1, 1, bias=False)
    network.features.pool0 = nn.Identity()
    return network  # type: ignore[no-any-return]  # as above
