"""Serializers as this API uses them: strict about what comes in, and free to call a field by any name."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rest_framework import serializers

AnyField = serializers.Field[Any, Any, Any, Any]
Factories = Mapping[str, Callable[[], AnyField]]


class Form(serializers.Serializer[Any]):
    """A serializer.

    Attributes:
        awkward: fields whose names a class cannot give to its attributes (`class`) or that serializers use themselves
            (`fields`, `parent`, `errors`).
    """

    awkward: ClassVar[Factories] = {}

    def get_fields(self) -> dict[str, AnyField]:
        """All fields by name."""
        return {**super().get_fields(), **{name: make() for name, make in self.awkward.items()}}


class Strict(Form):
    """What comes in; unknown fields are refused by name."""

    def to_internal_value(self, data: Any) -> Any:
        """See the base class."""
        if isinstance(data, Mapping):
            unknown = {
                str(name): [f"unknown field; known are {', '.join(self.fields)}"]
                for name in data
                if name not in self.fields
            }
            if unknown:
                raise serializers.ValidationError(unknown)
        return super().to_internal_value(data)
