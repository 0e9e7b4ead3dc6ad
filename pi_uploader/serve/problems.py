"""What the page responds when a request cannot be carried out."""

from collections.abc import Mapping
from http import HTTPStatus

from pi_uploader.errors import NightjarError


class PageProblemError(NightjarError):
    """The request is refused with this status. The text says why, to the client."""

    def __init__(
        self, status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.headers = dict(headers or {})
