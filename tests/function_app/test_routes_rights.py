"""All rights: every route, called with every kind of credentials, through the local host.

What each route requires is written here a second time, by hand: a new route fails until it is.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
from webauthn.helpers import bytes_to_base64url

from function_app.auth import challenges, links, passkeys, sessions, tokens, totp, users
from function_app.auth.caller import Scope
from function_app.notify import channels
from function_app.notify.rules import Rule
from function_app.origins import hostname_of
from function_app.routes import ROUTES
from function_app.storage.models import Photo
from photo_wire.media import Media
from photo_wire.signature import fingerprint
from tests.support.api import MOMENT, name_of
from tests.support.authenticator_app import code_of
from tests.support.callers import (
    DEVICE_OF,
    IDENTITIES,
    OURS,
    PASSWORD,
    SITE,
    THEIRS,
    TRASHED,
    WAITING_KEY,
    World,
    call,
    enroll,
)
from tests.support.contents import contents
from tests.support.pictures import jpeg
from tests.support.soft_authenticator import SoftAuthenticator

NEEDS: dict[str, object] = {
    "put_photo": "device",
    "post_alerts": "device",
    "post_known": "device",
    "post_heartbeat": "signed device",
    "post_photo": Scope.UPLOAD,
    **dict.fromkeys(("list_photos", "list_cameras", "list_days", "list_alerts"), Scope.READ),
    **dict.fromkeys(("list_events", "get_stats", "get_status", "get_session"), Scope.READ),
    **dict.fromkeys(("get_photo", "get_content", "get_thumbnail"), Scope.READ),
    **dict.fromkeys(("delete_photo", "delete_photos", "restore_photos"), Scope.DELETE),
    **dict.fromkeys(("protect_photos", "correct_stubs", "list_trash"), Scope.DELETE),
    **dict.fromkeys(("get_trashed_content", "get_trashed_thumbnail"), Scope.DELETE),
    **dict.fromkeys(("list_shares", "make_share", "revoke_share"), Scope.ADMIN),
    **dict.fromkeys(("run_cleanup", "run_repair", "list_accesses"), Scope.ADMIN),
    **dict.fromkeys(("list_people", "add_person", "remove_person"), Scope.ADMIN),
    **dict.fromkeys(("change_person", "set_password_of_person"), Scope.ADMIN),
    **dict.fromkeys(("list_tokens", "make_token", "revoke_token"), Scope.ADMIN),
    **dict.fromkeys(("list_keys", "decide_key"), Scope.ADMIN),
    **dict.fromkeys(("post_capture", "post_clip", "post_command"), Scope.CONTROL),
    **dict.fromkeys(("list_commands", "get_command", "get_logs"), Scope.CONTROL),
    **dict.fromkeys(("post_look", "get_live", "get_timeline"), Scope.READ),
    "get_lanes": Scope.READ,
    **dict.fromkeys(("list_devices", "get_device", "get_device_history"), Scope.READ),
    **dict.fromkeys(("get_device_pins", "get_camera_status"), Scope.READ),
    **dict.fromkeys(("delete_camera", "delete_device"), Scope.ADMIN),
    **dict.fromkeys(("list_sessions_of_person", "end_session_of_person"), Scope.ADMIN),
    **dict.fromkeys(("close_session", "close_all_sessions", "change_password"), "person"),
    **dict.fromkeys(("list_sessions", "end_session"), "person"),
    **dict.fromkeys(("get_totp", "begin_totp", "confirm_totp", "remove_totp"), "person"),
    "remove_totp_of_person": Scope.ADMIN,
    **dict.fromkeys(("list_passkeys", "begin_passkey", "add_passkey", "remove_passkey"), "person"),
    **dict.fromkeys(("begin_passkey_sign_in", "open_session_by_passkey"), "public"),
    **dict.fromkeys(("list_channels", "make_channel", "change_channel"), "person"),
    **dict.fromkeys(("remove_channel", "send_test", "snooze", "get_push_key"), "person"),
    "list_deliveries": "person",
    **dict.fromkeys(("list_shared", "get_shared", "get_shared_content"), "public"),
    **dict.fromkeys(("get_health", "get_openapi", "get_docs", "get_page"), "public"),
    **dict.fromkeys(("open_session", "post_to_device_route", "get_preflight"), "public"),
    **dict.fromkeys(("get_sign_in", "post_sign_in", "post_sign_out"), "public"),
    **dict.fromkeys(("get_photos", "get_display_page", "post_display"), "page"),
    "get_account_page": "page",
    **dict.fromkeys(("get_devices_page", "get_notifications_page", "get_live_page"), "page"),
    "post_alerts_seen": "page",
    **dict.fromkeys(("get_photo_page",), "page"),
    **dict.fromkeys(("get_days", "get_day", "get_trash_page", "download_chosen"), "page"),
    **dict.fromkeys(("get_device_page", "post_device_command", "post_device_key"), "page"),
    **dict.fromkeys(("post_snooze", "post_channel", "post_rule"), "page"),
    **dict.fromkeys(("post_channel_action", "post_live_photo"), "page"),
    **dict.fromkeys(("get_settings_page", "get_cameras_page", "get_retention_page"), "page"),
    **dict.fromkeys(("get_people_page", "post_person", "get_person_page"), "page"),
    **dict.fromkeys(("post_person_rights", "post_person_password"), "page"),
    **dict.fromkeys(("get_person_removal", "post_person_removal", "get_links_page"), "page"),
    **dict.fromkeys(("get_person_sign_ins", "post_person_session_end"), "page"),
    "post_person_app_removal": "page",
    **dict.fromkeys(("get_link_revocation", "post_link_revocation"), "page"),
    **dict.fromkeys(("get_tokens_page", "post_token", "get_audit_log_page"), "page"),
    **dict.fromkeys(("get_token_removal", "post_token_removal"), "page"),
    **dict.fromkeys(("get_camera_removal", "post_camera_removal"), "page"),
    **dict.fromkeys(("get_statistics", "get_statistics_hours"), "page"),
    "get_statistics_devices": "page",
    **dict.fromkeys(("delete_chosen", "restore_chosen", "protect_chosen", "share_chosen"), "page"),
    "correct_chosen": "page",
    "get_alerts_page": "page",
}
OF_A_CAMERA = {
    *("get_photo", "get_content", "get_thumbnail", "delete_photo"),
    *("get_trashed_content", "get_trashed_thumbnail"),
    *("post_capture", "post_clip", "get_command", "post_look", "get_live", "get_timeline"),
    *("get_device", "get_device_history", "get_device_pins", "get_camera_status", "get_live_page"),
    *("get_photo_page", "get_device_page", "post_live_photo"),
}
# Pages that are there only for who has a permission.
PAGES_OF = {
    **dict.fromkeys(("get_trash_page", "delete_chosen", "restore_chosen"), Scope.DELETE),
    **dict.fromkeys(("protect_chosen", "correct_chosen"), Scope.DELETE),
    "post_device_command": Scope.CONTROL,
    "post_device_key": Scope.ADMIN,
    "post_live_photo": Scope.CONTROL,
}
OF_OWNERS = {
    *("get_people_page", "post_person", "get_person_page", "post_person_rights"),
    *("post_person_password", "get_person_removal", "post_person_removal"),
    *("get_person_sign_ins", "post_person_session_end", "post_person_app_removal"),
    *("get_links_page", "get_link_revocation", "post_link_revocation"),
    *("get_tokens_page", "post_token", "get_token_removal", "post_token_removal"),
    *("get_audit_log_page", "get_camera_removal", "post_camera_removal", "share_chosen"),
}
OF_PROGRAMS = {"get_logs"}  # a GET that asks a device: no link does so with a session
OF_ALL_CAMERAS = {"post_command", "list_commands", "get_logs"}
BODIES: dict[str, object] = {
    "delete_photos": {"ids": [str(OURS), str(THEIRS)]},
    "restore_photos": {"ids": [str(TRASHED), str(OURS)]},
    "protect_photos": {"ids": [str(OURS), str(THEIRS)], "protected": True},
    "correct_stubs": {"ids": [str(OURS), str(THEIRS)]},
    "make_share": {"photo": str(OURS)},
    "open_session": {"password": PASSWORD},
    **dict.fromkeys(
        ("delete_chosen", "protect_chosen", "download_chosen", "share_chosen", "correct_chosen"),
        urlencode({"ids": str(OURS)}).encode(),
    ),
    "restore_chosen": urlencode({"ids": str(TRASHED)}).encode(),
    "post_sign_in": urlencode({"name": "owner", "password": PASSWORD}).encode(),
    "post_alerts_seen": urlencode({"until": "2026-11-20T12:01:34Z"}).encode(),
    "change_password": {"old": PASSWORD, "new": "another good password"},
    "add_person": {"name": "new", "password": PASSWORD, "role": "viewer"},
    "make_token": {"name": "new", "scopes": ["read"]},
    "change_person": {"role": "viewer", "cameras": ["cam-a"]},
    "set_password_of_person": {"password": PASSWORD},
    "post_known": {"ids": [str(THEIRS)]},  # whose camera has no device with a key
    "post_alerts": {"alerts": []},
    "post_command": {"kind": "restart"},
    "post_device_command": urlencode({"ask": "restart"}).encode(),
    "post_device_key": urlencode({"decision": f"approve {fingerprint(WAITING_KEY)}"}).encode(),
    "decide_key": {"fingerprint": fingerprint(WAITING_KEY)},
    "post_heartbeat": {"version": "1", "interval": 300},
    "post_snooze": urlencode({"camera": "", "minutes": "60"}).encode(),
    "post_channel": urlencode({"label": "mine", "address": "ntfys://topic"}).encode(),
    "post_rule": urlencode({"label": "another name", "all-cameras": "1", "interval": "5"}).encode()
    + b"&zone=UTC",
    "post_channel_action": b"do=off",
    "make_channel": {"label": "mine", "kind": "webhook", "address": "https://example.org/"},
    "change_channel": {"label": "another name"},
    "post_person": urlencode({"name": "new", "password": PASSWORD, "role": "viewer"}).encode()
    + b"&cameras=all",
    "post_person_rights": b"role=viewer&cameras=all",
    "post_person_password": urlencode({"password": PASSWORD}).encode(),
    "post_token": urlencode({"name": "new", "scope": "read", "cameras": "all"}).encode(),
}
CALLS = [(route.name, method) for route in ROUTES for method in route.methods]


def path_of(name: str, world: World) -> str:
    path = "/" + next(route.path for route in ROUTES if route.name == name)
    if name in ("get_trashed_content", "get_trashed_thumbnail"):
        path = path.replace("{id}", str(TRASHED))
    path = path.replace("{id}", str(OURS)).replace("{secret}", world.links["photo"])
    path = path.replace("{channel}", world.keys["channel"]).replace("{date}", "2026-11-20")
    path = path.replace("{key}", world.keys["event"]).replace("{*path}", "")
    path = path.replace("{device}", "cam-a").replace("{command}", world.keys["command"])
    path = path.replace("{passkey}", world.keys.get("passkey", "0" * 64))
    session = "session of someone" if "{name}" in path else "session"
    path = path.replace("{session}", world.keys.get(session, "0" * 64))
    of_token = ("revoke_token", "get_token_removal", "post_token_removal")
    of = "token-to-revoke" if name in of_token else "someone"
    of = "cam-a" if name == "delete_camera" else of
    path = path.replace("{name}", of).replace("{camera}", "cam-a")
    return path + ("?camera=cam-a" if name == "list_events" else "")


def content_of(name: str, world: World) -> object:
    """Return the body of a call. That with a code is of the caller's own app."""
    accounts, person = world.backend.accounts, world.keys.get("person", "nobody")
    if name == "post_person_session_end":
        return urlencode({"session": world.keys["session of someone"]}).encode()
    if name == "confirm_totp":
        return {"code": code_of(totp.begin(accounts, person), datetime.now(UTC))}
    if name == "remove_totp":
        totp.remove(accounts, person)
        return {"password": PASSWORD, "code": enroll(accounts, person)}
    if name == "add_passkey":
        challenge = challenges.create(accounts, world.keys.get("session", ""), SITE, world.now)
        user = {"id": bytes_to_base64url(passkeys.user_handle(person))}
        options = {"challenge": challenge, "user": user, "rp": {"id": hostname_of(SITE)}}
        return {"label": "mine", "credential": SoftAuthenticator().create(options, SITE)}
    return BODIES.get(name)


def expected(name: str, method: str, who: str) -> int | None:
    """Return the status with which a caller is refused; None if they are not."""
    identity, needed = IDENTITIES[who], NEEDS[name]
    if needed == "public":
        return None
    if needed == "device":
        return None if identity.is_device else 401
    if needed == "signed device":
        return 403 if identity.is_device else 401
    if needed == "page" and not identity.is_person:
        return 303
    if not identity.is_known:
        return 401
    if who == "session of another site" and method not in ("GET", "HEAD"):
        return 403
    if name in PAGES_OF and PAGES_OF[name] not in identity.scopes:
        return 404
    if name in OF_OWNERS and Scope.ADMIN not in identity.scopes:
        return 404
    if needed == "person":
        return None if identity.is_person else 403
    if needed != "page" and needed not in identity.scopes:
        return 403
    if needed is Scope.ADMIN and identity.cameras is not None:
        return 403
    if name in OF_ALL_CAMERAS and identity.cameras is not None:
        return 403
    if name in OF_PROGRAMS and identity.is_person:
        return 403
    return 404 if name in OF_A_CAMERA and not identity.may_see("cam-a") else None


@pytest.mark.parametrize("who", IDENTITIES)
def test_every_route_accepts_the_right_callers_and_refuses_all_others(who: str) -> None:
    """A backend serves calls until one is accepted, which may have changed something."""
    world = None
    for name, method in CALLS:
        if world is None:
            world = World()
            credentials = IDENTITIES[who].headers(world)
        headers = {**credentials}
        content = content_of(name, world)
        if name in ("post_photo", "put_photo"):
            content, headers["content-type"] = jpeg(seed=2), "image/jpeg"
        reply = call(world.backend, method, path_of(name, world), headers, content)
        expected_status = expected(name, method, who)
        description = f"{who} {method} {name}: {reply.status_code} {reply.get_body()[:200]!r}"
        if expected_status is not None:
            assert reply.status_code == expected_status, description
            if expected_status == 303:
                assert str(reply.headers["Location"]).startswith("/sign-in"), description
        elif NEEDS[name] == "public":
            assert reply.status_code in (200, 303, 400, 403, 405), description
        else:
            assert reply.status_code in (200, 201, 202, 204, 303), description
        if expected_status in (303, 401, 403, 404):
            assert_unchanged(world)
        else:
            world = None


def assert_unchanged(world: World) -> None:
    """A refused caller has changed nothing."""
    assert {name for name in (OURS, THEIRS) if world.backend.index.get(name)} == {OURS, THEIRS}
    trashed = world.backend.index.get_trashed(TRASHED)
    assert trashed
    assert world.backend.blobs.find_or_tombstone(TRASHED, Media.JPEG) == trashed
    (command,) = world.backend.commands.newest("cam-a", 10, "")
    assert command.command.id == world.keys["command"]
    assert users.find(world.backend.accounts, "someone")
    assert totp.find(world.backend.accounts, "someone")
    assert sessions.list_sessions(world.backend.accounts, "someone", world.now)
    (channel,) = channels.list_channels(world.backend.notifications, "someone")
    assert (channel.label, channel.rule) == ("someone's", Rule())
    assert tokens.find_by_name(world.backend.accounts, "token-to-revoke")
    assert {one.key for one in links.list_links(world.backend.accounts)} >= {
        world.keys["photo"],
        world.keys["event"],
    }


@pytest.mark.parametrize("who", [one for one in IDENTITIES if IDENTITIES[one].scopes])
def test_no_response_names_a_camera_that_the_caller_may_not_see(who: str) -> None:
    """No list, no statistic and no problem."""
    identity, world = IDENTITIES[who], World()
    headers = identity.headers(world)
    for name, method in CALLS:
        if method != "GET" or NEEDS[name] != Scope.READ or "{id}" in name:
            continue
        path = "/" + next(route.path for route in ROUTES if route.name == name)
        for camera in ("cam-a", "cam-b"):
            one = path.replace("{id}", str(name_of(camera)))
            one = one.replace("{camera}", camera).replace("{device}", DEVICE_OF[camera])
            reply = call(world.backend, method, one, headers)
            shown = reply.get_body()
            for other in ("cam-a", "cam-b"):
                if not identity.may_see(other) and other != camera:
                    assert other.encode() not in shown, f"{who} {path}"
                if not identity.may_see(camera) and "{" in path:
                    assert reply.status_code in (403, 404)


def photos_by_link(world: World, what: str) -> Iterator[str]:
    """Yield which photos' bytes a link opens."""
    others = [name_of("cam-a", MOMENT + timedelta(minutes=n), f"{n:08x}") for n in (1, 2)]
    for name in others:
        photo = Photo(name, Media.JPEG, "ab" * 32, len(jpeg()), MOMENT)
        world.backend.blobs.add(photo, jpeg())
        world.backend.index.add(photo, MOMENT)
    for number, name in enumerate([OURS, THEIRS, *others]):
        path = f"/api/shared/{world.links[what]}/{name}/content"
        reply = call(world.backend, "GET", path, {})
        assert reply.status_code in (200, 404)
        if reply.status_code == 200:
            yield ("ours", "theirs", "a minute later", "two minutes later")[number]


@pytest.mark.parametrize(
    ("what", "opened"),
    [("photo", ["ours"]), ("event", ["ours", "a minute later"]), ("over", []), ("revoked", [])],
)
def test_a_link_opens_its_photos_and_no_others(what: str, opened: list[str]) -> None:
    """By their bytes, in the list, and on the page."""
    world = World()
    assert list(photos_by_link(world, what)) == opened
    listed = call(world.backend, "GET", f"/api/shared/{world.links[what]}", {})
    page = call(world.backend, "GET", f"/shared/{world.links[what]}", {})
    assert listed.status_code == page.status_code == (200 if opened else 404)
    for reply in (listed, page):
        assert b"cam-b" not in reply.get_body()
    if opened:
        assert len(json.loads(listed.get_body())["photos"]) == len(opened)


# What a GET may write: when a session was used last, how often a link was opened, who looked at
# what, and at the first time the key of this backend's notifications. A process remembers some.
WRITTEN_BY_GET = re.compile(
    r"audit_log|photo_views|redacted_photos|accounts\.kept\[\('(sessions|shares)"
    r"|.*\('KEYS', 'vapid'\)"
)


def test_a_get_changes_nothing() -> None:
    """Whatever its query says: a link in a message, or a picture on another page, does no harm."""
    world = World()
    headers = IDENTITIES["owner"].headers(world)
    queries = ["", "?for_good=true&ids=" + str(OURS), "?go=newest&seek=older&part=&tiles="]
    for name, method in CALLS:
        for query in queries if method in ("GET", "HEAD") else []:
            before = contents(world.backend)
            path = path_of(name, world)
            call(world.backend, method, path.partition("?")[0] + query, headers)
            after = contents(world.backend)
            changed = {place for place in before | after if before.get(place) != after.get(place)}
            assert {one for one in changed if not WRITTEN_BY_GET.match(one)} == set(), name


def test_what_each_route_requires_is_written_here() -> None:
    """Add a new route to NEEDS, and remove a deleted one."""
    assert NEEDS.keys() == {route.name for route in ROUTES}
    assert len(IDENTITIES) >= 18
