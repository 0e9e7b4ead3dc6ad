"""Authorization: people with a session, programs with a token, and nobody else."""

from datetime import UTC, datetime, timedelta

import azure.functions as func
import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.auth import sessions, tokens, users
from function_app.auth.caller import Caller, Role, Scope
from function_app.http.authorization import Access, authorize, find_photo
from function_app.problems import HTTPProblemError
from function_app.services import Services
from function_app.settings import Secrets, Settings
from photo_wire.name import PhotoName
from tests.support.memory_store import memory_services
from tests.support.samples import photo_of

READ_TOKEN, ADMIN_TOKEN = "the-read-token-of-this-test", "the-admin-token-of-this-test"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
SITE = "https://night.example"
SCOPED = (Access.UPLOADER, Access.READER, Access.DELETER, Access.ADMIN, Access.CONTROLLER)


@pytest.fixture(scope="module")
def backend() -> Services:
    return memory_services(Settings("", secrets=Secrets(READ_TOKEN, ADMIN_TOKEN)))


@pytest.fixture(scope="module")
def viewer(backend: Services) -> str:
    """The session of a viewer of the camera gate."""
    person = users.add(
        backend.accounts, "vera", "a good password", Role.VIEWER, frozenset({"gate"})
    )
    session = sessions.create(backend.accounts, person, NOW)
    assert session
    return session


def request(headers: dict[str, str], method: str = "GET") -> func.HttpRequest:
    return func.HttpRequest(method, f"{SITE}/api/photos", headers=headers, body=b"")


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def cookie(session: str, **more: str) -> dict[str, str]:
    return {"Cookie": f"theme=dark; __Secure-nightjar_session={session}; other=1", **more}


def status(
    access: Access, backend: Services, headers: dict[str, str], method: str = "GET", **later: int
) -> int:
    """Return 200, or the status of the problem."""
    try:
        authorize(access, request(headers, method), backend, NOW + timedelta(**later))
    except HTTPProblemError as refusal:
        return refusal.problem.status
    return 200


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
def test_the_static_tokens_have_their_scopes(backend: Services, scheme: str) -> None:
    """One may read, the other may do everything; a scheme's case does not matter (RFC 9110)."""
    reads = {"Authorization": f"{scheme} {READ_TOKEN}"}
    assert [status(one, backend, reads) for one in SCOPED] == [403, 200, 403, 403, 403]
    rules = {"Authorization": f"{scheme} {ADMIN_TOKEN}"}
    assert [status(one, backend, rules) for one in SCOPED] == [200] * 5


@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_has_its_scopes_and_cameras(backend: Services, scope: Scope) -> None:
    """Its use is recorded; once revoked, it is refused everywhere."""
    cameras = None if scope is Scope.ADMIN else frozenset({"gate"})
    secret = tokens.create(
        backend.accounts, scope.value, tokens.Grant(frozenset({scope}), cameras), NOW
    )
    allowed = [access for access in SCOPED if status(access, backend, bearer(secret)) == 200]
    assert allowed == [SCOPED[list(Scope).index(scope)]]
    caller = authorize(allowed[0], request(bearer(secret)), backend, NOW)
    (token,) = tokens.find_by_name(backend.accounts, scope.value)
    scopes = frozenset({scope})
    assert caller == Caller(scope.value, scopes, cameras, via=(token.key,))
    assert caller.may_see("gate")
    assert caller.may_see("entry") is (cameras is None)
    (token,) = tokens.find_by_name(backend.accounts, scope.value)
    assert token.used_at == NOW
    assert tokens.revoke(backend.accounts, scope.value)
    assert not tokens.revoke(backend.accounts, scope.value)
    assert status(allowed[0], backend, bearer(secret)) == 401


def test_admin_routes_require_access_to_all_cameras(backend: Services) -> None:
    """An old token with the scope admin and one camera may only read, or it could give itself the
    other cameras."""
    scopes = frozenset({Scope.READ, Scope.ADMIN})
    secret = tokens.create(
        backend.accounts, "gatekeeper", tokens.Grant(scopes, frozenset({"gate"})), NOW
    )
    assert status(Access.READER, backend, bearer(secret)) == 200
    assert status(Access.ADMIN, backend, bearer(secret)) == 403


def test_a_session_is_valid_until_it_expires(backend: Services, viewer: str) -> None:
    """For fourteen days, and only for what the person's role allows."""
    assert [status(one, backend, cookie(viewer)) for one in SCOPED] == [403, 200, 403, 403, 403]
    assert status(Access.READER, backend, cookie(viewer), days=13, hours=23) == 200
    assert status(Access.READER, backend, cookie(viewer), days=14) == 401
    caller = authorize(Access.READER, request(cookie(viewer)), backend, NOW)
    assert (caller.name, caller.cameras) == ("vera", frozenset({"gate"}))


def test_a_page_of_another_site_is_refused(backend: Services, viewer: str) -> None:
    """A browser sends the cookie with its requests, too, but names the page's origin. It sends no
    token by itself."""
    for origin in ("https://evil.example", "null", f"{SITE}.evil.example", ""):
        headers = cookie(viewer, Origin=origin) if origin else cookie(viewer)
        assert status(Access.PERSON, backend, headers, "DELETE") == 403
    assert status(Access.PERSON, backend, cookie(viewer, Origin=SITE), "DELETE") == 200
    assert status(Access.DELETER, backend, bearer(ADMIN_TOKEN), "DELETE") == 200
    assert status(Access.PERSON, backend, bearer(ADMIN_TOKEN), "DELETE") == 403


@pytest.mark.parametrize("access", [*SCOPED, Access.PERSON])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer None"},
        bearer(READ_TOKEN + "x"),
        bearer("nj_"),
        bearer("nj_" + "A" * 43),
        {"Authorization": f"Basic {READ_TOKEN}"},
        {"Authorization": READ_TOKEN},
        cookie(""),
        cookie(READ_TOKEN),
        cookie("owner." + "A" * 43),
        cookie("vera."),
        cookie("."),
        cookie("ve'ra.x"),
    ],
)
def test_invalid_credentials_are_refused(
    access: Access, backend: Services, headers: dict[str, str]
) -> None:
    """With 401 and the challenge that HTTP requires."""
    with pytest.raises(HTTPProblemError) as caught:
        authorize(access, request(headers), backend, NOW)
    assert caught.value.problem.status == 401
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}
    sends_token = headers.get("Authorization", "").lower().startswith("bearer")
    expected = "The token is wrong, or it was revoked." if sends_token else "Sign in, or send a "
    assert caught.value.problem.detail.startswith(expected)


@given(st.text(), st.text())
def test_random_credentials_are_refused(authorization: str, cookies: str) -> None:
    """Whatever the headers hold, the response is 401, never another error."""
    empty = memory_services(Settings("", secrets=Secrets(READ_TOKEN)))
    headers = {"Authorization": authorization, "Cookie": f"__Secure-nightjar_session={cookies}"}
    assert status(Access.READER, empty, headers) == 401


def test_without_settings_and_users_nobody_is_authorized() -> None:
    """There is no default password and no default token."""
    empty = memory_services(Settings(""))
    for headers in ({}, bearer(""), bearer("None"), cookie("owner.")):
        assert status(Access.READER, empty, headers) == 401


@pytest.mark.parametrize(
    ("site", "name", "lets_in"),
    [
        (SITE, "__Secure-nightjar_session", True),
        (SITE, "nightjar_session", False),
        ("http://night.example", "nightjar_session", False),
        ("http://127.0.0.1:7071", "nightjar_session", True),
        ("http://127.0.0.1:7071", "__Secure-nightjar_session", False),
    ],
)
def test_a_session_cookie_counts_only_under_its_own_name(
    backend: Services, viewer: str, site: str, name: str, lets_in: bool
) -> None:
    """Another host of the same domain could set one without the prefix."""
    headers = {"Cookie": f"{name}={viewer}"}
    asked = func.HttpRequest("GET", f"{site}/api/photos", headers=headers, body=b"")
    if lets_in:
        assert authorize(Access.READER, asked, backend, NOW).name == "vera"
        return
    with pytest.raises(HTTPProblemError):
        authorize(Access.READER, asked, backend, NOW)


def test_a_photo_is_found_for_a_caller_who_may_see_its_camera() -> None:
    """A viewer of another camera gets the same 404 as for a photo that is not there."""
    services = memory_services(Settings(""))
    photo, missing = photo_of("gate"), photo_of("gate", tag="00000009").name
    services.index.add(photo, NOW)
    everywhere, viewer, other = (
        Caller("vera", frozenset({Scope.READ}), cameras)
        for cameras in (None, frozenset({"gate"}), frozenset({"entry"}))
    )
    for caller in (everywhere, viewer):
        assert find_photo(photo.name, services, caller) == photo

    def problem(name: PhotoName, caller: Caller) -> tuple[int, str]:
        with pytest.raises(HTTPProblemError) as caught:
            find_photo(name, services, caller)
        detail = caught.value.problem.detail
        return caught.value.problem.status, detail.replace(str(name), "ID")

    expected = (404, "There is no photo ID: it never arrived, or it was deleted.")
    assert problem(photo.name, other) == expected
    for caller in (everywhere, viewer, other):
        assert problem(missing, caller) == expected
