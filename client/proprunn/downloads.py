"""Files that come home: taken up again where a download broke, and checked against their digest."""

import hashlib
from pathlib import Path
from typing import Any

from proprunn.errors import InternalError
from proprunn.transport import Transport


def download(transport: Transport, artifact: dict[str, Any], place: Path) -> Path:
    """Fetch an artifact. What arrived of it stays beside the place as `.part`, also when the program ends.

    Args:
        artifact: as a job's document describes it: `url`, `digest`, `size_bytes`, `name`.
        place: a file, or a folder that takes the artifact's name.

    Raises:
        InternalError: the content has another digest, or did not come in all attempts.
    """
    if place.is_dir():
        place = place / Path(str(artifact["name"])).name
    part = place.with_name(f"{place.name}.{artifact['digest'][:12]}.part")
    failures = 0
    while (held := _size(part)) < artifact["size_bytes"]:
        try:
            _append(transport, artifact["url"], part, held)
        except InternalError:
            failures = failures + 1 if _size(part) == held else 1
            if failures >= transport.patience.attempts:
                raise
            transport.sleep(transport.pause(failures - 1))
    part.touch()
    with part.open("rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != artifact["digest"]:
        part.unlink()
        raise InternalError(f"{place.name} arrived with digest {found}; {artifact['digest']} was promised: try again")
    part.replace(place)
    return place


def _append(transport: Transport, url: str, part: Path, held: int) -> None:
    headers = {"Range": f"bytes={held}-"} if held else {}
    with transport.stream(url, headers) as answer, part.open("ab" if answer.status_code == 206 else "wb") as out:
        for chunk in answer.iter_bytes():
            out.write(chunk)


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0
