"""Serializers as this API uses them: strict about what comes in, and free to call a field by any name."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from rest_framework import serializers

from backend.api.accepted import wrong_types

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
    """What comes in; unknown fields are refused by name, and where `context["json"]` holds, values of another type.

    From queries and HTML forms everything comes as text.
    """

    def to_internal_value(self, data: Any) -> Any:
        """See the base class."""
        if isinstance(data, Mapping):
            refused = self._unknown(data) or (self._of_wrong_type(data) if self.context.get("json") else {})
            if refused:
                raise serializers.ValidationError(refused)
        return super().to_internal_value(data)

    def _unknown(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        detail = f"unknown field; known are {', '.join(self.fields)}"
        return {str(name): [detail] for name in data if name not in self.fields}

    def _of_wrong_type(self, data: Mapping[Any, Any]) -> dict[str, Any]:
        found = {name: wrong_types(self.fields[name], value) for name, value in data.items()}
        return {name: reasons for name, reasons in found.items() if reasons}
