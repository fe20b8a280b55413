"""Predictors by name: folders that hold models in formats that are data, never code."""

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from contracts.cache import cache_directory
from contracts.errors import InputError
from mlservice.predictors.boosted import FORMS, features_seen
from mlservice.predictors.features import NETWORK_FEATURES, PASS_FEATURES
from mlservice.predictors.fit import Trained
from mlservice.predictors.shape import STRUCTURE_FEATURES
from mlservice.predictors.targets import Target

SCHEMA: Final = 1
CARD: Final = "predictor.json"
_FILE: Final = re.compile(r"[a-z_]+\.(json|cbm|onnx|npz)")
"""What a predictor is kept in: data, never code."""
MOST_BYTES: Final = 1 << 30
"""Of one predictor, unpacked."""
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Card:
    """What is known of a trained predictor.

    Attributes:
        name: chosen by whoever trained it.
        version: counts from 1.
        kind: see `mlservice.predictors.fit.KINDS`.
        target: what it was fitted to.
        data_digest: of the data set.
        rows: networks fitted to, those for calibration included.
        accelerators: they were simulated on.
        families: they belong to.
        split: whose training part they were; `all`: every row.
        scores: on the split's test part; empty for `all`.
        features: digest of the names of features: a model of others is refused.
        seed: of everything random.
        created: ISO 8601, UTC.
        schema: of this file.
    """

    name: str
    version: int
    kind: str
    target: Target
    data_digest: str
    rows: int
    accelerators: tuple[str, ...]
    families: tuple[str, ...]
    split: str
    scores: dict[str, Any] = field(default_factory=dict)
    features: str = ""
    seed: int = 0
    created: str = ""
    schema: int = SCHEMA

    def to_mapping(self) -> dict[str, Any]:
        """As JSON carries it."""
        return {**asdict(self), "target": self.target.value}


def features_digest(kind: str, target: Target) -> str:
    """Over the names of what a kind of predictor sees, and what its intervals see."""
    names = features_seen(kind, target) if kind in FORMS else PASS_FEATURES
    of_intervals = STRUCTURE_FEATURES if target is Target.ACCURACY else NETWORK_FEATURES
    return hashlib.sha256("\n".join((*names, "", *of_intervals)).encode()).hexdigest()[:16]


class Registry:
    """All predictors below a folder: `name/version/`."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder if folder is not None else cache_directory() / "predictors"

    def cards(self) -> list[Card]:
        """Of all, by name and version."""
        found = [_read_card(path.parent) for path in self.folder.glob(f"*/*/{CARD}")]
        return sorted(found, key=lambda card: (card.name, card.version))

    def add(self, trained: Trained, card: Card) -> Card:
        """Keep a predictor under the next version of its name.

        Raises:
            InputError: the name is not lower-case letters, digits and dashes.
        """
        if not _NAME.fullmatch(card.name):
            raise InputError(f"name is {card.name!r}; it must be 1 to 64 lower-case letters, digits and dashes")
        place = self.folder / card.name
        place.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".", dir=place))
        try:
            trained.save(work)
            return self._settle(work, card, place)
        finally:
            shutil.rmtree(work, ignore_errors=True)

    def _settle(self, work: Path, card: Card, place: Path) -> Card:
        """Take the first free version, whoever else is at it."""
        versions = [int(path.name) for path in place.iterdir() if path.name.isdecimal()]
        version = max(versions, default=0) + 1
        while True:
            values = {**asdict(card), "version": version, "target": card.target}
            final = Card(
                **{
                    **values,
                    "features": features_digest(card.kind, card.target),
                    "created": datetime.now(UTC).isoformat("T", "seconds"),
                }
            )
            (work / CARD).write_text(json.dumps(final.to_mapping(), indent=1))
            try:
                work.rename(place / str(version))
            except OSError:  # somebody took it
                version += 1
                continue
            return final

    def find(self, name: str) -> tuple[Trained, Card]:
        """A predictor by `name` (its newest version) or `name@version`.

        Raises:
            InputError: there is none, or it was made for other features than this program's.
        """
        return opened(self.place(name))

    def card(self, name: str) -> Card:
        """What is known of a predictor, by `name` or `name@version`.

        Raises:
            InputError: there is none of that name.
        """
        stem, _, version = name.partition("@")
        known = [card for card in self.cards() if card.name == stem and version in ("", str(card.version))]
        if not known:
            names = ", ".join(sorted({card.name for card in self.cards()})) or "none yet: train one"
            raise InputError(f"there is no predictor {name!r}; known are {names}")
        return known[-1]

    def place(self, name: str) -> Path:
        """The folder of a predictor.

        Raises:
            InputError: there is none of that name.
        """
        return self._folder_of(self.card(name))

    def _folder_of(self, card: Card) -> Path:
        return self.folder / card.name / str(card.version)


def opened(folder: Path) -> tuple[Trained, Card]:
    """The predictor that a folder holds.

    Raises:
        InputError: it holds none, or one that was made for other features than this program's.
    """
    card = _current(_read_card(folder))
    return Trained.load(card.kind, folder, card.target), card


def pack(folder: Path, target: Path) -> None:
    """A predictor's folder as one zip file, to be carried elsewhere."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, path.name)


def card_in(archive: Path) -> Card:
    """What is known of a predictor that `pack` wrote; nothing is unpacked.

    Raises:
        InputError: see `unpack`; or the predictor was made for other features than this program's.
    """
    with _checked(archive) as found:
        if found.testzip() is not None or CARD not in found.namelist():
            raise InputError(f"{archive.name} is damaged, or lacks {CARD}; download the predictor again")
        return _current(_card_of(found.read(CARD).decode(errors="replace"), archive.name))


def unpack(archive: Path, folder: Path) -> None:
    """The inverse of `pack`, into an empty folder.

    Raises:
        InputError: it is no zip file, or holds other files than predictors are kept in, or far too much.
    """
    with _checked(archive) as found:
        found.extractall(folder)


@contextmanager
def _checked(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(archive) as found:
            wrong = [entry.filename for entry in found.infolist() if not _FILE.fullmatch(entry.filename)]
            if wrong:
                raise InputError(f"{wrong[0]!r} belongs to no predictor, whose files are JSON, CatBoost's, ONNX or npz")
            if sum(entry.file_size for entry in found.infolist()) > MOST_BYTES:
                raise InputError(f"{archive.name} unpacks to more than {MOST_BYTES} bytes")
            yield found
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise InputError(f"{archive.name} is no zip file of a predictor: {error}") from error


def _current(card: Card) -> Card:
    if card.features != features_digest(card.kind, card.target):
        name = f"{card.name}@{card.version}"
        raise InputError(f"predictor {name!r} was trained for other features than this version's: train it again")
    return card


def _read_card(folder: Path) -> Card:
    try:
        text = (folder / CARD).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"predictor {folder} cannot be read: {error}; remove the folder, or train it again") from error
    return _card_of(text, str(folder))


def _card_of(text: str, place: str) -> Card:
    try:
        values: dict[str, Any] = json.loads(text)
        values |= {name: tuple(values[name]) for name in ("accelerators", "families")}
        return Card(**{**values, "target": Target(values["target"])})
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"predictor {place} cannot be read: {error}; remove the folder, or train it again") from error
