"""A campaign's definition from what a browser sends: a form's fields, or a file in TOML or JSON."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, TypeVar

from django.http import QueryDict

from contracts.structure.samplers import SAMPLERS, Pruning
from frontend.forms import FormError

LARGEST_TEXT: Final = 1 << 20
_PRUNING: Final = Pruning()
T = TypeVar("T")


@dataclass(frozen=True)
class PartFields:
    """One family of the form, as text."""

    family: str = "resnet"
    count: str = "100"
    inputs: str = "3x32x32"
    bases: str = ""
    ratio_low: str = str(_PRUNING.ratio[0])
    ratio_high: str = str(_PRUNING.ratio[1])
    unequal: str = ""
    vectors: str = ""
    density_low: str = ""
    density_high: str = ""
    rows: str = ""
    samplers: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(SAMPLERS, "1"))


_TEXTS: Final = tuple(entry.name for entry in fields(PartFields) if entry.name != "samplers")


def part_fields(given: QueryDict) -> list[PartFields]:
    """All families of the form; every one has each of the fields, in the same order."""
    columns = {name: given.getlist(f"part_{name}") for name in _TEXTS}
    weights = {name: given.getlist(f"part_sampler_{name}") for name in SAMPLERS}
    count = min(map(len, [*columns.values(), *weights.values()]))
    return [
        PartFields(
            **{name: values[k].strip() for name, values in columns.items()},
            samplers={name: values[k].strip() for name, values in weights.items()},
        )
        for k in range(count)
    ]


def definition_of_form(given: QueryDict) -> dict[str, Any]:
    """What the form says; fields left empty have the definition's defaults.

    Raises:
        FormError: by field; `part-1-count` is a field of the first family.
    """
    errors: dict[str, str] = {}
    parts = [_part(one, f"part-{number}", errors) for number, one in enumerate(part_fields(given), 1)]
    held_out = {
        "family": given.get("held_out_family", "").strip(),
        "inputs": _read(given.get("held_out_inputs", ""), _sizes, "held_out_inputs", errors),
        "accelerator": given.get("held_out_accelerator", "").strip(),
    }
    found = {
        "name": given.get("name", "").strip(),
        "note": given.get("note", "").strip(),
        "seed": _read(given.get("seed", ""), _whole, "seed", errors),
        "check": _read(given.get("check", ""), _real, "check", errors),
        "accelerators": given.getlist("accelerators"),
        "held_out": _said(held_out),
        "part": parts,
    }
    if not found["name"]:
        errors["name"] = "Say what the data set is called."
    if not found["accelerators"]:
        errors["accelerators"] = "Choose one accelerator at least."
    if not parts:
        errors["form"] = "Add one family at least."
    if errors:
        raise FormError(errors)
    return _said(found)


def definition_of_text(text: str) -> dict[str, Any]:
    """A pasted or uploaded file: JSON where it begins with a brace, else TOML.

    Raises:
        FormError: it cannot be read.
    """
    if not text.strip():
        raise FormError({"text": "Paste a definition, or choose a file."})
    if len(text) > LARGEST_TEXT:
        raise FormError({"text": f"The definition has {len(text)} characters; at most {LARGEST_TEXT} are taken."})
    kind = "JSON" if text.lstrip().startswith("{") else "TOML"
    try:
        found = json.loads(text) if kind == "JSON" else tomllib.loads(text)
        json.dumps(found, allow_nan=False)  # dates and infinities of TOML have no place in a definition
    except (ValueError, TypeError, RecursionError) as error:
        raise FormError({"text": f"This cannot be read as {kind}: {error}."}) from error
    return dict(found)


def _part(one: PartFields, place: str, errors: dict[str, str]) -> dict[str, Any]:
    def read(name: str, how: Callable[[str], T]) -> T | None:
        return _read(getattr(one, name), how, f"{place}-{name}", errors)

    weights = {
        name: _read(text, _real, f"{place}-sampler-{name}", errors) for name, text in one.samplers.items() if text
    }
    found = {
        "family": one.family,
        "count": read("count", _whole),
        "inputs": read("inputs", _sizes),
        "bases": read("bases", _bases),
        "samplers": weights,
        "ratio": _pair(read("ratio_low", _real), read("ratio_high", _real)),
        "unequal": read("unequal", _real),
        "vectors": read("vectors", _real),
        "density": _pair(read("density_low", _real), read("density_high", _real)),
        "rows": read("rows", _whole),
    }
    for name in ("count", "inputs"):
        if found[name] is None and f"{place}-{name}" not in errors:
            errors[f"{place}-{name}"] = "This is needed."
    return _said(found)


def _said(values: Mapping[str, Any]) -> dict[str, Any]:
    """Without what was left empty."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _pair(low: float | None, high: float | None) -> list[float] | None:
    return None if low is None or high is None else [low, high]


def _read(text: str, how: Callable[[str], T], place: str, errors: dict[str, str]) -> T | None:
    """The value of a field; None where it is empty, or wrong, which is noted."""
    if not text.strip():
        return None
    try:
        return how(text.strip())
    except ValueError as error:
        errors[place] = str(error)
        return None


def _whole(text: str) -> int:
    if not text.lstrip("-").isdecimal():
        raise ValueError(f"{text!r} is no whole number.")
    return int(text)


def _real(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number.") from None


def _sizes(text: str) -> list[list[int]]:
    found = []
    for one in text.replace(";", ",").split(","):
        numbers = [number.strip() for number in one.lower().replace("\u00d7", "x").split("x")]
        if len(numbers) != 3 or not all(number.isdecimal() for number in numbers):
            raise ValueError(f"{one.strip()!r} is no input size; say channels x height x width, such as 3x32x32.")
        found.append([int(number) for number in numbers])
    return found


def _bases(text: str) -> list[dict[str, Any]]:
    found = []
    for line in filter(None, map(str.strip, text.splitlines())):
        try:
            found.append(dict(tomllib.loads(f"base = {{{line}}}")["base"]))
        except (tomllib.TOMLDecodeError, TypeError) as error:
            example = "widths = [16, 32, 64], blocks = [1, 1, 1]"
            raise ValueError(
                f"{line[:60]!r} cannot be read; one network a line, such as {example} ({error})."
            ) from None
    return found
