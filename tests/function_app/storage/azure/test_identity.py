"""Storage opened by the app's identity, against a token service as Azure gives it to an app."""

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from function_app.services import connect
from function_app.settings import Settings, SettingsError, StorageAccess, read_settings
from function_app.storage.azure.identity import IdentityError, ManagedIdentityCredential
from function_app.storage.errors import StorageUnavailableError

AZURITE = "UseDevelopmentStorage=true"
SCOPE = "https://storage.azure.com/.default"


class TokenService(HTTPServer):
    """Gives tokens that live for `lives` seconds; counts them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.lives, self.given, self.broken = 86400, 0, False


class _Handler(BaseHTTPRequestHandler):
    server: TokenService

    def do_GET(self) -> None:
        asked = parse_qs(urlsplit(self.path).query)
        right = (
            self.headers["X-IDENTITY-HEADER"] == "the-header"
            and asked == {"resource": ["https://storage.azure.com"], "api-version": ["2019-08-01"]}
            and not self.server.broken
        )
        self.server.given += right
        ends = str(int(time.time()) + self.server.lives)  # a text, as Azure says it
        answer = {"access_token": f"token-{self.server.given}", "expires_on": ends}
        self.send_response(200 if right else 400)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[TokenService]:
    with TokenService() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}).start()
        monkeypatch.setenv("IDENTITY_ENDPOINT", f"http://127.0.0.1:{server.server_port}/msi/token")
        monkeypatch.setenv("IDENTITY_HEADER", "the-header")
        yield server
        server.shutdown()


def test_one_token_serves_until_it_is_old(service: TokenService) -> None:
    identity = ManagedIdentityCredential()
    assert {identity.get_token(SCOPE).token for _ in range(3)} == {"token-1"}
    service.lives = 200
    assert ManagedIdentityCredential().get_token(SCOPE).token == "token-2"
    short = ManagedIdentityCredential()
    assert [short.get_token(SCOPE).token for _ in range(2)] == ["token-3", "token-4"]


def test_without_a_token_it_says_why_and_nothing_more(
    service: TokenService, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.broken = True
    with pytest.raises(IdentityError, match="gave no token: HTTPError") as caught:
        ManagedIdentityCredential().get_token(SCOPE)
    assert "the-header" not in str(caught.value)
    monkeypatch.delenv("IDENTITY_ENDPOINT")
    with pytest.raises(IdentityError, match="IDENTITY_ENDPOINT"):
        ManagedIdentityCredential().get_token(SCOPE)


def test_an_identity_without_a_token_counts_as_storage_away(service: TokenService) -> None:
    """503, so that the device sends the photo again."""
    service.broken = True
    backend = connect(Settings("", StorageAccess("nightjarxyz")))
    for store in (backend.blobs, backend.index):
        with pytest.raises(StorageUnavailableError, match="identity gave no token"):
            store.check()


def test_the_name_of_the_account_is_enough() -> None:
    settings = read_settings({"AzureWebJobsStorage__accountName": "nightjarxyz"})
    assert settings.storage.account_name == "nightjarxyz"
    assert settings.connection_string == ""


def test_the_name_wins_over_a_connection_string_that_azure_wrote() -> None:
    """azure-functions-host issue 11796: its key opens nothing where shared keys are off."""
    both = {
        "AzureWebJobsStorage__accountName": "x" * 5,
        "AzureWebJobsStorage": "UseDevelopmentStorage=true",
    }
    settings = read_settings(both)
    assert (settings.storage.account_name, settings.connection_string) == ("xxxxx", "")


@pytest.mark.parametrize("name", ["UPPER", "a-b", "ab", "x" * 25, "x.evil.net/"])
def test_a_name_that_is_none_is_an_error(name: str) -> None:
    with pytest.raises(SettingsError, match="AzureWebJobsStorage__accountName"):
        read_settings({"AzureWebJobsStorage__accountName": name})
