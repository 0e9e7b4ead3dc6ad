"""`GET /api/health` over HTTP: whether photos can be received and looked at."""

import photo_wire
from local.azurite import Azurite
from tests.conftest import NewStore, StartBackend
from tests.support.api import Api

OTHER_KEY = "b3RoZXIga2V5IHRoYW4gdGhlIGFjY291bnQncw=="


def test_a_healthy_app(api: Api) -> None:
    """Everyone may ask; the response has the version."""
    reply = api.ask("/api/health")
    assert reply.status_code == 200
    assert reply.json() == {
        "status": "ok",
        "version": photo_wire.__version__,
        "lost_notifications": 0,
    }
    assert reply.headers["Cache-Control"] == "no-store"
    head = api.ask("/api/health", method="HEAD")
    assert (head.status_code, head.content) == (200, b"")


def test_a_broken_environment_is_named_everywhere(start_backend: StartBackend) -> None:
    """503, every wrong variable at once, no value; for the device too, whose photo waits."""
    api = Api(start_backend("Secret=Value", MAX_PHOTO_MB="Many"))
    for reply in (api.ask("/api/health"), api.put(b"photo"), api.read("/api/photos")):
        assert reply.status_code == 503
        assert reply.headers["Retry-After"] == "10"
        detail = reply.json()["detail"]
        assert "AzureWebJobsStorage" in detail
        assert "MAX_PHOTO_MB" in detail
        assert "Value" not in detail
        assert "Many" not in detail


def test_health_fails_if_nobody_can_sign_in(
    new_store: NewStore, start_backend: StartBackend
) -> None:
    """It names the missing setting; no credentials are accepted."""
    nobody = {"READ_TOKEN": "", "ADMIN_TOKEN": "", "GALLERY_PASSWORD": ""}
    api = Api(start_backend(new_store(), **nobody))
    reply = api.ask("/api/health")
    assert reply.status_code == 503
    assert "GALLERY_PASSWORD" in reply.json()["detail"]
    for headers in ({}, {"Authorization": "Bearer "}, {"Cookie": "nightjar_session="}):
        assert api.ask("/api/photos", headers).status_code == 401


def test_health_fails_with_a_wrong_account_key(
    start_backend: StartBackend, azurite: Azurite, secrets_used: set[str]
) -> None:
    """The sentence names the setting, and no key."""
    _, _, rest = azurite.connection_string.partition("AccountKey=")
    wrong = azurite.connection_string.replace(rest.partition(";")[0], OTHER_KEY)
    secrets_used.add(OTHER_KEY)
    api = Api(start_backend(wrong))
    reply = api.ask("/api/health")
    assert reply.status_code == 503
    assert "AzureWebJobsStorage" in reply.json()["detail"]
    assert OTHER_KEY not in reply.text
