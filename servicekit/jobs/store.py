"""Files by the SHA-256 of their content, in a folder."""

import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any, Final

_DIGEST: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Blob:
    """What is known of one file.

    Attributes:
        digest: SHA-256, 64 hexadecimal digits.
        name: a file name for whoever saves it.
        facts: what was found when it was checked (an uploaded network's summary).
    """

    digest: str
    size_bytes: int
    media_type: str
    name: str
    facts: Mapping[str, Any]


class BlobStore:
    """Content-addressed files below one folder; adding the same content twice keeps it once.

    A file's kind (`network`, `data`, `artifact`) is a namespace: what was uploaded as data is no network.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def find(self, kind: str, digest: str) -> Blob | None:
        """What is known under that digest, or None."""
        if not _DIGEST.fullmatch(digest):
            return None
        try:
            return Blob(**json.loads(self._facts(kind, digest).read_text()))
        except (OSError, ValueError):
            return None

    def path(self, digest: str) -> Path:
        """Where the content lies."""
        return self._folder / digest[:2] / digest

    def add(self, kind: str, source: Path, media_type: str, name: str, facts: Mapping[str, Any] | None = None) -> Blob:
        """Take over a file (it is moved) and what is known of it."""
        with source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        blob = Blob(digest, source.stat().st_size, media_type, name, dict(facts or {}))
        target = self.path(digest)
        target.parent.mkdir(exist_ok=True)
        if not target.exists():
            shutil.move(source, target)
        place = self._facts(kind, digest)
        with tempfile.NamedTemporaryFile("w", dir=place.parent, delete=False) as written:
            json.dump(asdict(blob), written)
        Path(written.name).replace(place)
        return blob

    def scratch(self) -> IO[bytes]:
        """A new file in the store's own folder, for what is on its way in; the caller deletes or adds it."""
        return tempfile.NamedTemporaryFile(dir=self._folder, prefix=".incoming-", delete=False)

    def _facts(self, kind: str, digest: str) -> Path:
        return self._folder / digest[:2] / f"{digest}.{kind}.json"
