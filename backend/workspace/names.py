"""Names that members give to things."""

from contracts.errors import InputError


class NameTakenError(InputError):
    """Another thing of its kind in the project is called so.

    Attributes:
        name: the name.
    """

    def __init__(self, detail: str, name: str) -> None:
        super().__init__(detail)
        self.name = name
