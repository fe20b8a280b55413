"""Answers as JSON."""

from collections.abc import Mapping
from typing import Any, Final

import orjson
from rest_framework.renderers import JSONRenderer
from rest_framework.utils.encoders import JSONEncoder

_OPTIONS: Final = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
_ENCODER: Final = JSONEncoder()


class QuickJSON(JSONRenderer):
    """As REST framework writes it, five times as fast; what is no number is null."""

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """See the base class."""
        if data is None:
            return b""
        try:
            return orjson.dumps(data, _ENCODER.default, _OPTIONS)
        except TypeError:  # such as whole numbers beyond 64 bits
            rendered: bytes = super().render(data, accepted_media_type, renderer_context)
            return rendered
