"""Static files: served by whitenoise, compressed and under hashed names in production; plotly's from its own package."""

import re
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from django.contrib.staticfiles.finders import BaseFinder
from django.core.files.storage import FileSystemStorage
from django.http import HttpRequest, HttpResponse
from whitenoise.middleware import WhiteNoiseMiddleware
from whitenoise.responders import StaticFile
from whitenoise.storage import CompressedManifestStaticFilesStorage

_PLOTLY: Final = "plotly.min.js"
_STATIC: Final = Path(__file__).parent / "static"


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]  # whitenoise has no types
    """Whitenoise, with answers in one piece: under ASGI, Django would read a blocking file in one piece anyway."""

    @staticmethod
    def serve(static_file: StaticFile, request: HttpRequest) -> HttpResponse:
        """See the base class."""
        found = static_file.get_response(request.method, request.META)
        body = b""
        if found.file is not None:
            with found.file as file:
                body = file.read()
        return HttpResponse(body, status=int(found.status), headers=dict(found.headers))


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise has no types
    """Files under names with their digest, also in what our modules import: a new release never meets old modules.

    Django would rewrite imports in every package's scripts, where some of what looks like one is none; hence our folders alone.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        _, rules = self._js_module_import_aggregation_patterns
        self.patterns = (
            *CompressedManifestStaticFilesStorage.patterns,
            *((f"{folder.name}/*.js", rules) for folder in _STATIC.iterdir()),
        )
        super().__init__(*args, **kwargs)


@cache
def plotly_style_names() -> tuple[str, ...]:
    """Ids of the style elements that plotly's map library adds to a page which has none of that id.

    The content policy refuses such elements, so pages with plots bring empty ones instead; none of our plots is a map.
    """
    text = (_plotly_folder() / _PLOTLY).read_text()
    return tuple(dict.fromkeys(re.findall(r'getElementById\("([0-9a-f]{64})"\)', text)))


def _plotly_folder() -> Path:
    return Path(str(resources.files("plotly") / "package_data"))


class PlotlyFinder(BaseFinder):
    """Finds `plotly/plotly.min.js` in the installed package plotly."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._storage = FileSystemStorage(location=_plotly_folder())
        self._storage.prefix = "plotly"  # type: ignore[attr-defined]  # what collectstatic and whitenoise look for

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """See the base class."""
        del kwargs
        if path != f"plotly/{_PLOTLY}":
            return [] if find_all else None
        found = self._storage.path(_PLOTLY)
        return [found] if find_all else found

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[Any]:
        """See the base class."""
        del ignore_patterns
        yield _PLOTLY, self._storage
