"""The function app's own identity, which opens a storage account that accepts no keys.

Azure gives an app the address of its token service (IDENTITY_ENDPOINT, IDENTITY_HEADER). A token
takes one GET; azure-identity, which does the same, takes about 0.1 s longer at a cold start
(docs/decisions/0009-identity-by-hand.md).
"""

import os
import threading
import time
from typing import Any

import requests
from azure.core.credentials import AccessToken
from azure.core.exceptions import AzureError

SCOPE = "https://storage.azure.com/.default"  # of a token for blobs and tables
_VERSION = "2019-08-01"
_TIMEOUT_SECONDS = 10
_RENEW_SECONDS = 300  # before its end a token is replaced; Azure's are valid for hours


class IdentityError(AzureError):
    """There is no token. The text says why, and contains no secret."""


class ManagedIdentityCredential:
    """A credential for the storage clients; they share one token."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: AccessToken | None = None

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        """Return a token for storage. Raises IdentityError."""
        with self._lock:
            if self._token is None or self._token.expires_on - _RENEW_SECONDS < time.time():
                self._token = _fetch(scopes[0].removesuffix("/.default"))
            return self._token


def _fetch(resource: str) -> AccessToken:
    try:
        with requests.Session() as session:
            session.trust_env = False  # no proxy stands between an app and its token service
            response = session.get(
                os.environ["IDENTITY_ENDPOINT"],
                params={"resource": resource, "api-version": _VERSION},
                headers={"X-IDENTITY-HEADER": os.environ["IDENTITY_HEADER"]},
                timeout=_TIMEOUT_SECONDS,
            )
        response.raise_for_status()
        answer = response.json()
        return AccessToken(answer["access_token"], int(answer["expires_on"]))
    except KeyError as error:
        raise IdentityError(f"the app has no identity: {error} is missing") from None
    except (requests.RequestException, ValueError) as error:
        kind = type(error).__name__
        raise IdentityError(f"the app's identity gave no token: {kind}") from None
