"""The refusal of a request, as the domain raises it and http/responses.py renders it."""

from collections.abc import Mapping

from photo_wire.problem import Problem


class HTTPProblemError(Exception):
    """This request cannot be granted; `problem` has the reply's status and one sentence that says
    what to do. `headers` are those that the status asks for (such as WWW-Authenticate)."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.problem = Problem(status, detail)
        self.headers = headers or {}
