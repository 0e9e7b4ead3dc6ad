"""The backend's settings, read from the environment. All errors are raised together."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, Protocol, TypeVar

from function_app.auth.passwords import password_problem
from function_app.origins import origin_of
from function_app.private_networks import IPNetwork, parse_networks
from function_app.retention_policy import RetentionPolicy, parse_retention

STORAGE = "AzureWebJobsStorage"
STORAGE_ACCOUNT = "AzureWebJobsStorage__accountName"  # the Functions host's name for it
STORAGE_SDK_ONLY = "STORAGE_SDK_ONLY"
READ_TOKEN = "READ_TOKEN"  # noqa: S105 - the variable's name, not a token
ADMIN_TOKEN = "ADMIN_TOKEN"  # noqa: S105
GALLERY_PASSWORD = "GALLERY_PASSWORD"  # noqa: S105
MAX_PHOTO_MB = "MAX_PHOTO_MB"
RETENTION = "RETENTION"
PUBLIC_URL = "PUBLIC_URL"
TRUSTED_PROXY_COUNT = "TRUSTED_PROXY_COUNT"
PUSH_HOSTS = "PUSH_HOSTS"
CHANNEL_NETWORKS = "CHANNEL_NETWORKS"
CORS_ORIGINS = "CORS_ORIGINS"
# Azure sets one of these where it runs the app; which one depends on the plan. Only there is
# WEBSITE_HOSTNAME the app's own name, and only there does a front end add each caller's address to
# X-Forwarded-For.
AZURE_VARIABLES = ("WEBSITE_INSTANCE_ID", "WEBSITE_POD_NAME", "LEGION_SERVICE_HOST")
HOSTNAME = "WEBSITE_HOSTNAME"

MIN_TOKEN_LENGTH = 16  # characters; `make run` and the deploy script make longer ones
DEFAULT_MAX_PHOTO_MB = 32
DEFAULT_RETENTION_TEXT = "120d"
DEFAULT_RETENTION = parse_retention(DEFAULT_RETENTION_TEXT)
MAX_TRUSTED_PROXIES = 9
# Above 100 MB Azure itself responds with 500 instead of 413 (azure-functions-host issue 10519).
MAX_PHOTO_MB_LIMIT = 95

_ACCOUNT_NAME = re.compile(r"[a-z0-9]{3,24}")
_HOST = re.compile(r"\.?([a-z0-9-]+\.)*[a-z0-9-]+(:[0-9]{1,5})?")

Value = TypeVar("Value")


class SettingsError(Exception):
    """Raised for settings that cannot be used. `problems` has one sentence for each wrong variable;
    none repeats a value, which may be a secret."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Secrets:
    """What opens the gallery and the API. `read_token` lets programs look at photos, `admin_token`
    lets them do everything. `gallery_password` is the owner's first password, until they change it
    in the gallery."""

    read_token: str | None = field(default=None, repr=False)
    admin_token: str | None = field(default=None, repr=False)
    gallery_password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Network:
    """How requests reach the app. `is_on_azure` says whether Azure's front end stands before it.
    `public_origin` is the address that people use, such as https://photos.example; None means that
    requests tell it. The last `trusted_proxies` addresses in X-Forwarded-For were added by trusted
    proxies; the first of these is the client's. `push_hosts` are push services beside those of the
    usual browsers, each as host or host:port. Notifications go to public addresses and to those of
    `channel_networks`. Pages of `cors_origins` may call the API with a token."""

    is_on_azure: bool = False
    public_origin: str | None = None
    trusted_proxies: int = 0
    push_hosts: tuple[str, ...] = ()
    cors_origins: frozenset[str] = frozenset()
    channel_networks: tuple[IPNetwork, ...] = ()


@dataclass(frozen=True, slots=True)
class StorageAccess:
    """How the app opens its storage account. With `account_name` it uses its own identity instead
    of a connection string. With `sdk_only` no storage request is written by hand."""

    account_name: str | None = None
    sdk_only: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """`connection_string` is the storage account's, and empty if the app opens it with its own
    identity. `max_photo_bytes` is the largest body that a PUT may have. `retention` says how long
    photos are kept."""

    connection_string: str = field(repr=False)
    storage: StorageAccess = StorageAccess()
    secrets: Secrets = Secrets()
    network: Network = Network()
    max_photo_bytes: int = DEFAULT_MAX_PHOTO_MB * 1024 * 1024
    retention: RetentionPolicy = DEFAULT_RETENTION


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Return the settings in `environment`; an empty variable counts as absent. Raises
    SettingsError."""
    problems: list[str] = []

    def read(variable: str, parse: Callable[[str], Value]) -> Value | None:
        try:
            return parse(environment.get(variable, "").strip())
        except ValueError as error:
            problems.append(f"{variable} {error}.")
            return None

    # First, since Azure may write a connection string of its own beside the name, with a key that
    # the account does not accept (azure-functions-host issue 11796).
    account_name = read(STORAGE_ACCOUNT, _account_name)
    connection_string = "" if account_name else read(STORAGE, _connection_string)
    secrets = Secrets(
        read_token=read(READ_TOKEN, _token),
        admin_token=read(ADMIN_TOKEN, _token),
        gallery_password=read(GALLERY_PASSWORD, _password),
    )
    max_photo_bytes = read(MAX_PHOTO_MB, _megabytes)
    retention = read(RETENTION, lambda text: parse_retention(text or DEFAULT_RETENTION_TEXT))
    network = _read_network(read, environment)
    sdk_only = read(STORAGE_SDK_ONLY, _is_on)
    if connection_string is None or max_photo_bytes is None or retention is None or problems:
        raise SettingsError(problems)
    storage = StorageAccess(account_name, bool(sdk_only))
    return Settings(connection_string, storage, secrets, network, max_photo_bytes, retention)


class _Read(Protocol):
    """Returns what `parse` makes of a variable's text; None, and records a problem, if it raises
    ValueError."""

    def __call__(self, variable: str, parse: Callable[[str], Value]) -> Value | None: ...


def _read_network(read: _Read, environment: Mapping[str, str]) -> Network:
    """Return the settings of the network."""
    is_on_azure = any(environment.get(one) for one in AZURE_VARIABLES)
    public_origin = read(PUBLIC_URL, _origin)
    if is_on_azure and not public_origin and (hostname := environment.get(HOSTNAME)):
        public_origin = f"https://{hostname}".lower()
    return Network(
        is_on_azure,
        public_origin,
        read(TRUSTED_PROXY_COUNT, lambda text: _proxies(text, int(is_on_azure))) or 0,
        read(PUSH_HOSTS, _hosts) or (),
        read(CORS_ORIGINS, _origins) or frozenset(),
        read(CHANNEL_NETWORKS, parse_networks) or (),
    )


def _account_name(text: str) -> str | None:
    if text and not _ACCOUNT_NAME.fullmatch(text):
        raise ValueError("must be a storage account's name: 3 to 24 of a-z and 0-9")
    return text or None


def _connection_string(text: str) -> str:
    if not text:
        raise ValueError(
            "is not set: give the storage account's connection string, or its name as "
            f"{STORAGE_ACCOUNT} where the app has an identity"
        )
    pairs = [part.partition("=") for part in text.split(";") if part.strip()]
    values = {name.strip().lower(): value.strip() for name, _, value in pairs}
    if values.get("usedevelopmentstorage", "").lower() == "true":
        return "UseDevelopmentStorage=true"  # the only spelling that both SDKs accept
    has_endpoints = values.keys() >= {"blobendpoint", "tableendpoint"}
    is_signed = values.get("sharedaccesssignature") and has_endpoints
    has_key = values.get("accountname") and _is_base64(values.get("accountkey", ""))
    if not is_signed and not has_key:
        raise ValueError(
            "must be a storage connection string: copy it whole from the account's access keys "
            "(AccountName=...;AccountKey=...;...), or use UseDevelopmentStorage=true for Azurite"
        )
    return text


def _is_base64(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) > 0
    except binascii.Error:
        return False


def _token(text: str) -> str | None:
    if not text:
        return None
    if len(text) < MIN_TOKEN_LENGTH or not (text.isascii() and text.isprintable()) or " " in text:
        raise ValueError(
            f"is too weak or cannot travel in a header: use {MIN_TOKEN_LENGTH} or more random "
            "letters and digits, without spaces"
        )
    return text


def _password(text: str) -> str | None:
    if text and (problem := password_problem(text)):
        raise ValueError(problem)
    return text or None


def _origin(text: str) -> str | None:
    if not text:
        return None
    address = text.lower().removesuffix("/")
    origin, netloc = origin_of(address), address.partition("://")[2]
    if not origin.startswith(("http://", "https://")) or any(one in netloc for one in "/?#@"):
        return _no_origin()
    return origin


def _no_origin() -> NoReturn:
    raise ValueError("must be an address without a path, such as https://photos.example.org")


def _origins(text: str) -> frozenset[str]:
    """Return the origins in a list with commas. Raises ValueError, with the number of the first
    that is wrong."""
    origins = set()
    for number, item in enumerate(text.split(",") if text else (), 1):
        if "*" in item:
            raise ValueError(
                f"has a wildcard as its origin {number}: name each origin in full, since a page "
                "of an origin that is not yours must not read photos with a token"
            )
        try:
            origins.add(_origin(item.strip()) or _no_origin())
        except ValueError as error:
            raise ValueError(f"has a wrong origin {number}: it {error}") from None
    return frozenset(origins)


def _is_on(text: str) -> bool:
    if text not in ("", "0", "1"):
        raise ValueError("must be 1 or 0")
    return text == "1"


def _proxies(text: str, default: int) -> int:
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MAX_TRUSTED_PROXIES):
        raise ValueError(f"must be a whole number from 0 to {MAX_TRUSTED_PROXIES}")
    return int(text)


def _hosts(text: str) -> tuple[str, ...]:
    hosts = tuple(text.lower().replace(",", " ").split())
    if not all(_HOST.fullmatch(one) for one in hosts):
        raise ValueError("must be hosts such as push.example.org, with commas between them")
    return hosts


def _megabytes(text: str) -> int:
    digits = text or str(DEFAULT_MAX_PHOTO_MB)
    if not (digits.isascii() and digits.isdigit() and 1 <= int(digits[:9]) <= MAX_PHOTO_MB_LIMIT):
        raise ValueError(f"must be a whole number of megabytes from 1 to {MAX_PHOTO_MB_LIMIT}")
    return int(digits) * 1024 * 1024
