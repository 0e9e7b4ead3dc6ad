"""No form gives a right, opens something or silences somebody because a field is missing, or has a
value that it does not know."""

from urllib.parse import parse_qsl

import pytest

from function_app.auth import links, tokens
from function_app.auth.caller import Role, Scope
from function_app.auth.provenance import Provenance
from function_app.auth.tokens import Grant
from function_app.http.authorization import Access
from function_app.notify import channels
from function_app.routes import ROUTES
from function_app.services import Services
from function_app.settings import Settings
from tests.support.api import MOMENT, name_of
from tests.support.memory_store import memory_services
from tests.support.page_host import PASSWORD, Fields, Visitor, problems_of
from tests.support.pages import add_photo

# Their address says all: they take something away, or ask for a photo. That of the display sets
# cookies alone.
_WITHOUT_FIELDS = {
    *("post_person_removal", "post_person_app_removal", "post_link_revocation"),
    *("post_token_removal", "post_camera_removal", "post_live_photo"),
    "post_display",
}
FORMS = [
    route
    for route in ROUTES
    if route.methods == ("POST",)
    and route.access is Access.PAGE
    and route.name not in _WITHOUT_FIELDS
    and not route.path.startswith("api/")
]
FIELDS = (
    *("ask", "hours", "decision", "fingerprint", "ids", "make", "revoke", "what", "location"),
    *("camera", "minutes", "do", "label", "kind", "address", "role", "cameras", "new_camera"),
    *("name", "password", "scope", "session", "until", "all-cameras", "interval", "zone", "day"),
)
NAME = name_of("gate", tag="00000000")
PHOTO = str(NAME)
VIC, PEOPLE, TOKENS = "/settings/people/vic", "/settings/people", "/settings/tokens"
SILENCE, CHOICE = "/notifications/silence", "/choice"
Rows = dict[tuple[str, str], dict[str, str]]


@pytest.fixture
def services() -> Services:
    services = memory_services(Settings(""))
    photo = add_photo(services, MOMENT, "gate")
    assert str(photo.name) == PHOTO
    return services


@pytest.fixture
def owner(services: Services) -> Visitor:
    owner = Visitor(services)
    Visitor(services, "vic", Role.VIEWER, frozenset({"gate"}))
    Visitor(services, "anna")
    grant = Grant(frozenset({Scope.READ}), frozenset({"gate"}))
    tokens.create(services.accounts, "backup", grant, MOMENT)
    made = Provenance("owner", "owner")
    links.store(services.accounts, links.link_to_photo(NAME, MOMENT, made))
    fields = [("kind", "apprise"), ("label", "mine"), ("address", "ntfys://topic")]
    assert owner.send("/notifications/channels", fields).status_code == 303
    return owner


def stored(services: Services) -> tuple[Rows, ...]:
    """Return what is stored of accounts, channels and devices, and the photo."""
    tables = (services.accounts, services.notifications, services.devices)
    rows = [
        {key: dict(row.properties) for key, row in table.kept.items()}  # type: ignore[attr-defined]
        for table in tables
    ]
    return (*rows, {("photo", PHOTO): {"is": repr(services.index.get(NAME))}})


def address(path: str, services: Services) -> str:
    """Return where a form of the owner's is sent."""
    (channel,) = channels.list_channels(services.notifications)
    values = {"name": "vic", "device": "gate", "camera": "gate", "channel": channel.id}
    return "/" + path.format(**values)


def test_a_form_with_no_field_or_unknown_values_changes_nothing(
    services: Services, owner: Visitor
) -> None:
    """Each form of the pages, those to come included."""
    before = stored(services)
    for route in FORMS:
        path = address(route.path, services)
        unknown = [(field, "unknown") for field in FIELDS]
        bodies: tuple[Fields, ...] = ((), unknown, [(field, "") for field in FIELDS])
        for fields in bodies:
            reply = owner.send(path, fields)
            assert 400 <= reply.status_code < 500, (path, fields)
            assert stored(services) == before, (path, fields)


@pytest.mark.parametrize(
    ("path", "form", "problem"),
    [
        (VIC, "role=viewer&cameras=Some&camera=gate", "cameras"),
        (VIC, "role=viewer&camera=gate", "cameras"),
        (VIC, "role=Owner&cameras=all", "role"),
        (VIC, "cameras=all", "role"),
        (VIC, "role=owner", "cameras"),
        (f"{PEOPLE}/anna", "", "role"),
        (PEOPLE, f"name=new&password={PASSWORD}&role=viewer", "cameras"),
        (PEOPLE, f"name=new&password={PASSWORD}&cameras=all", "role"),
        (TOKENS, "name=t&scope=read", "cameras"),
        (TOKENS, "name=t&scope=read&cameras=Some&camera=gate", "cameras"),
        (TOKENS, "name=t&scope=admin&scope=read&cameras=", "cameras"),
        (SILENCE, "camera=gate", "snooze"),
        (SILENCE, "minutes=60", "snooze"),
        (SILENCE, "camera=gate&minutes=for-ever", "snooze"),
        ("/notifications/channels/{channel}/action", "do=Off", ""),
        ("/notifications/channels/{channel}", "label=x&zone=UTC&interval=0&all-cameras=no", ""),
        ("/devices/gate", "ask=disarm+gate", ""),
        ("/devices/gate", "ask=pause&hours=", ""),
        (f"{CHOICE}/share", f"ids={PHOTO}&make=yes", ""),
        (f"{CHOICE}/share", f"ids={PHOTO}&make=yes&hours=1&location=no", ""),
        (f"{CHOICE}/share", f"ids={PHOTO}&make=yes&hours=1&what=all", ""),
        (f"{CHOICE}/protect", f"ids={PHOTO}&protected=No", ""),
    ],
)
def test_what_is_missing_or_unknown_is_no_choice(
    services: Services, owner: Visitor, path: str, form: str, problem: str
) -> None:
    """The forms of rights and of silence are shown again, with the problem beside the field."""
    before = stored(services)
    reply = owner.send(address(path.removeprefix("/"), services), parse_qsl(form, True))
    assert reply.status_code == 400
    assert stored(services) == before
    page = reply.get_body().decode()
    if problem == "snooze":
        assert "Choose a camera or all cameras, and how long they are to be silent." in page
    elif problem:
        assert problem in problems_of(page)
