"""Links by which somebody without credentials may read or write one blob (shared access
signatures): signed with the account's key, or on Azure with a key that Azure delegates to the app's
identity."""

import threading
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from azure.storage.blob import (
    BlobSasPermissions,
    BlobServiceClient,
    UserDelegationKey,
    generate_blob_sas,
)

from function_app.storage.azure.errors import call
from function_app.storage.azure.identity import ManagedIdentityCredential

MAX_LINK_TTL = timedelta(days=1)
# Azure delegates a key for 7 days at most, and a link ends with its key.
_KEY_TTL = timedelta(days=6)
_CLOCK_SKEW = timedelta(minutes=15)  # between this instance and the storage service


class BlobLinks:
    """Signs links for the account that `service` opens. Threads share it."""

    def __init__(self, service: BlobServiceClient) -> None:
        self._service = service
        self._lock = threading.Lock()
        self._delegated: tuple[UserDelegationKey, datetime] | None = None  # with its end

    def sign(self, container: str, path: str, until: datetime, may_write: bool) -> str | None:
        """Return an address by which its holder may read this blob, or write it instead, until
        then, and do nothing else. None if the account is opened by a shared access signature, which
        cannot sign another.

        One request for some days, where Azure delegates a key. Raises StorageUnavailableError, and
        ValueError for a link of more than MAX_LINK_TTL.
        """
        now = datetime.now(UTC)
        if until > now + MAX_LINK_TTL + _CLOCK_SKEW:
            raise ValueError("the link would be valid for more than a day")
        account_key = getattr(self._service.credential, "account_key", None)
        delegated = None
        if account_key is None:
            if not isinstance(self._service.credential, ManagedIdentityCredential):
                return None
            delegated = self._delegated_key(now)
        address = self._service.url.rstrip("/")
        signature = generate_blob_sas(
            self._account_name,
            container,
            path,
            account_key=account_key,
            user_delegation_key=delegated,
            permission=BlobSasPermissions(read=not may_write, create=may_write, write=may_write),
            expiry=until,
            protocol="https" if address.startswith("https:") else "https,http",
        )
        return f"{address}/{container}/{quote(path)}?{signature}"

    @property
    def _account_name(self) -> str:
        """The account's name; a custom domain does not contain it, but the credential has it."""
        of_key = getattr(self._service.credential, "account_name", None)
        return str(of_key or self._service.account_name)

    def _delegated_key(self, now: datetime) -> UserDelegationKey:
        """Return a key that is valid for longer than any link."""
        with self._lock:
            if self._delegated is None or self._delegated[1] < now + MAX_LINK_TTL + 2 * _CLOCK_SKEW:
                end = now + _KEY_TTL
                key = call(lambda: self._service.get_user_delegation_key(now - _CLOCK_SKEW, end))
                self._delegated = key, end
            return self._delegated[0]
