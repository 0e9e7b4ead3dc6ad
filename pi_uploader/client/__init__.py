"""The backend as the device sees it: one HTTP client, its connection, and its errors."""

import pi_uploader.client.lean  # noqa: F401  before the others, which import requests
from pi_uploader.client.backend import MAX_CALL_SECONDS, BackendClient, CarriedHeartbeat
from pi_uploader.client.errors import RejectedError, RequestError, UnavailableError

__all__ = [
    "MAX_CALL_SECONDS",
    "BackendClient",
    "CarriedHeartbeat",
    "RejectedError",
    "RequestError",
    "UnavailableError",
]
