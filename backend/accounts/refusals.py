"""Why something about an account is not done."""

from contracts.errors import InputError, ProPruNNError


class AccountError(InputError):
    """A wrong input.

    Attributes:
        field: the input at fault.
        fix: what would be accepted.
        value: what was given, where it is no secret.
    """

    def __init__(self, field: str, detail: str, fix: str = "", value: str | None = None) -> None:
        super().__init__(detail)
        self.field, self.fix, self.value = field, fix, value


class SignupClosedError(InputError):
    """Only the operator makes accounts here."""

    def __init__(self) -> None:
        super().__init__("sign-up is closed here: ask the operator for an account")


class CredentialsError(InputError):
    """Address and password do not belong together; which of them is wrong is not said."""

    def __init__(self) -> None:
        super().__init__("the address or the password is wrong, or the account is locked")


class ConflictError(InputError):
    """It cannot be done as things stand.

    Attributes:
        fix: what to do first.
    """

    def __init__(self, detail: str, fix: str = "") -> None:
        super().__init__(detail)
        self.fix = fix


class TooOftenError(ProPruNNError):
    """Tried too often.

    Attributes:
        wait_s: seconds until it may be tried again.
    """

    def __init__(self, what: str, wait_s: int) -> None:
        super().__init__(f"{what} was tried too often; wait {wait_s} s")
        self.wait_s = wait_s
