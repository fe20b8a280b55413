"""A network from the user's own Python file."""

import importlib.util
import inspect
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from torch import nn

from contracts.errors import NetworkError


def from_file(path: Path, name: str, image_shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Run the file and make the module of that name: the file is the user's own program, and trusted as such.

    A constructor may ask for any of `image_shape`, `input_channels` (or `in_channels`), `classes` (or `num_classes`) by these names.

    Raises:
        NetworkError: there is no such file or class, it is no `nn.Module`, its file or constructor fails, or it asks for something else.
    """
    made = getattr(_imported(path), name, None)
    if not (isinstance(made, type) and issubclass(made, nn.Module)):
        raise NetworkError(f"{path} has no nn.Module {name!r}: give FILE.py:CLASS with a class that the file defines")
    known = {"image_shape": image_shape, "classes": classes, "num_classes": classes}
    known |= {"input_channels": image_shape[0], "in_channels": image_shape[0]}
    wanted = inspect.signature(made).parameters
    unknown = [p.name for p in wanted.values() if _must_be_given(p) and p.name not in known]
    if unknown:
        raise NetworkError(
            f"{name} in {path} wants {', '.join(unknown)}: give them defaults; known are {', '.join(sorted(known))}"
        )
    try:
        network: nn.Module = made(**{k: v for k, v in known.items() if k in wanted})
    except Exception as error:
        raise NetworkError(f"{name} in {path} cannot be made: {type(error).__name__}: {error}") from error
    return network


def _must_be_given(parameter: inspect.Parameter) -> bool:
    several = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return parameter.default is inspect.Parameter.empty and parameter.kind not in several


def _imported(path: Path) -> ModuleType:
    if not path.is_file():
        raise NetworkError(f"{path} is no file: give FILE.py:CLASS")
    name = f"proprunn_user_{path.stem}"
    spec: Any = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        del sys.modules[name]
        raise NetworkError(f"{path} cannot be run: {type(error).__name__}: {error}") from error
    return module
