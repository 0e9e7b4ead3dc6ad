"""The error that ends a request. Any package raises it; http/ turns it into a response."""

from collections.abc import Mapping

from photo_wire.problem import Problem


class HTTPProblemError(Exception):
    """Raised for a request that is rejected. `problem` has the response's status and one sentence
    that says what to do; `headers` are those that the status requires, such as
    WWW-Authenticate. `counter_above` is for a device whose counter is too low, `type` for what a
    page or a program can do something about."""

    def __init__(
        self,
        status: int,
        detail: str,
        headers: Mapping[str, str] | None = None,
        counter_above: int | None = None,
        type: str = "",
    ) -> None:
        super().__init__(detail)
        self.problem = Problem(status, detail, counter_above, type)
        self.headers = headers or {}


def no_such_page() -> HTTPProblemError:
    """Return the problem (404) of a page that does not exist, or not for who asks."""
    return HTTPProblemError(404, "There is no such page.")
