"""Why a request of the page or of MQTT cannot be carried out."""

from collections.abc import Mapping
from http import HTTPStatus

from pi_uploader.errors import NightjarError

RETRY_SOON = {"Retry-After": "5"}  # seconds


class RequestProblemError(NightjarError):
    """The request is refused. The text says why, to the client; the page responds with this status
    and these headers."""

    def __init__(
        self, status: HTTPStatus, text: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(text)
        self.status = status
        self.headers = dict(headers or {})
