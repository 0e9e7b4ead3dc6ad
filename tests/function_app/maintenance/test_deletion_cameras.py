"""Deleting a camera with everything that it sent."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from function_app.alerts.recording import record_alerts
from function_app.auth import links, tokens, users
from function_app.auth.caller import DEVICE, Caller, Role, Scope, Standing
from function_app.auth.links import SharedLink, TimeSpan
from function_app.auth.provenance import Provenance
from function_app.auth.tokens import Grant
from function_app.ingest.camera_quota import rejected_cameras as rejected
from function_app.maintenance.deletion import camera_exists, delete_camera_data
from function_app.services import Services
from function_app.storage.account_keys import LINKS
from function_app.storage.models import Photo, PhotoStateError, StoredAlert
from function_app.storage.row_keys import View
from function_app.storage.table_store import Entity
from photo_wire.alert import LOSS, QUARANTINE, Alert
from photo_wire.media import Media
from tests.support.api import Api, name_of, photo_headers
from tests.support.camera_traffic import NOW, log_nothing, report_losses_of, upload_from
from tests.support.pictures import jpeg

OWNER = Caller("owner", frozenset(Scope))
GATE = replace(DEVICE, device="gate", standing=Standing.VERIFIED)


def photo_of(camera: str) -> Photo:
    return Photo(name_of(camera), Media.JPEG, "ab" * 32, 7, NOW)


def test_everything_of_a_camera_is_deleted(empty: Services) -> None:
    """Its photos, its alerts and its counts; a camera whose name begins like it stays. Its photos
    do not come back; if it sends something new, it is a new camera."""
    for camera in ("gate", "gate-2"):
        assert upload_from(empty, camera) == 201
        alerts = [
            StoredAlert(Alert(name_of(camera, tag=f"{n:08x}"), kind, "no-room"), NOW)
            for n in range(40)
            for kind in (LOSS, QUARANTINE)
        ]
        record_alerts(alerts, empty, NOW)
        empty.device_keys.bindings.claim(GATE, camera, NOW)
    later = NOW + timedelta(hours=2)
    assert sum(empty.loss_counts.count(later)["gate"].values()) == 40
    assert empty.index.count_photos(later)["gate"].total.photos == 1
    done = delete_camera_data("gate", empty, NOW, log_nothing)
    assert (done.photos, done.alerts, done.more) == (1, 80, False)
    assert not camera_exists("gate", empty)
    assert empty.alerts.newest_of("gate", 10, None) == []
    assert {one.alert.name.camera for one in empty.alerts.newest(1000, None)} == {"gate-2"}
    assert (
        empty.loss_counts.count(later).keys()
        == empty.index.count_photos(later).keys()
        == {"gate-2"}
    )
    assert empty.index.query(View("gate"), 10) == []
    with pytest.raises(PhotoStateError):
        empty.index.add(photo_of("gate"), NOW)
    owners = [empty.device_keys.bindings.device_of(camera, NOW) for camera in ("gate", "gate-2")]
    assert owners == [None, "gate"]
    assert rejected(["gate"], empty, NOW) == {}
    assert report_losses_of(empty, "gate") == ["gate"]


def test_a_deletion_stops_after_its_time(empty: Services) -> None:
    """And reports so; the next one continues."""
    upload_from(empty, "gate")
    ticks = iter(range(1000))
    done = delete_camera_data(
        "gate", empty, NOW, log_nothing, seconds=0.0, clock=lambda: float(next(ticks))
    )
    assert (done.photos, done.alerts, done.more) == (0, 0, True)
    assert camera_exists("gate", empty)
    assert not delete_camera_data("gate", empty, NOW, log_nothing).more
    assert not camera_exists("gate", empty)


def test_no_link_opens_what_a_later_camera_of_the_name_sends(empty: Services) -> None:
    """A link to others, too, goes on opening those, and is not a new one."""
    made, until = Provenance("owner"), NOW + timedelta(days=1)
    gate, other = name_of("gate"), name_of("gate-2")
    span = TimeSpan("gate", NOW - timedelta(days=1), until)
    secrets = [
        links.store(empty.accounts, one)[1]
        for one in (
            SharedLink("", span, until, made),
            links.link_to_photo(gate, until, made),
            links.link_to_photos([gate, name_of("gate", tag="0000000a")], until, made),
            links.link_to_photos([gate, other], until, made, with_location=True),
            links.link_to_photo(other, until, made),
        )
    ]
    links.open_link(empty.accounts, secrets[3], NOW)
    upload_from(empty, "gate")
    found = [links.find(empty.accounts, one, NOW) for one in secrets]
    labels = [one.label for one in found if one]
    logged: list[tuple[str, str]] = []
    done = delete_camera_data("gate", empty, NOW, lambda *line: logged.append(line))
    assert not done.more
    assert sorted(logged) == sorted(
        [
            *(("revoked a link", label) for label in labels[:3]),
            ("took photos out of", labels[3]),
        ]
    )
    *closed, both, of_other = [links.find(empty.accounts, one, NOW) for one in secrets]
    assert closed == [None, None, None]
    assert both
    assert of_other
    assert both.opens(other)
    assert both.photo == other
    assert not both.opens(gate)
    assert (both.cameras, both.opened, both.with_location) == (frozenset({"gate-2"}), 1, True)
    assert of_other.opens(other)


def test_a_link_that_is_opened_meanwhile_is_closed_all_the_same(empty: Services) -> None:
    """Or revoked by somebody else: what is wanted is so."""
    until = NOW + timedelta(days=1)
    both = links.link_to_photos([name_of("gate"), name_of("gate-2")], until, Provenance("owner"))
    key, secret = links.store(empty.accounts, both)
    get, replaced = empty.accounts.get, empty.accounts.replace
    upload_from(empty, "gate")
    with pytest.MonkeyPatch.context() as patch:

        def open_first(partition: str, row: Entity, properties: Mapping[str, str]) -> bool:
            patch.undo()
            assert links.open_link(empty.accounts, secret, NOW)
            return replaced(partition, row, properties)

        patch.setattr(empty.accounts, "replace", open_first)
        list(links.remove_camera(empty.accounts, "gate", log_nothing))
    found = links.find(empty.accounts, secret, NOW)
    assert found
    assert (found.cameras, found.opened) == (frozenset({"gate-2"}), 1)
    with pytest.MonkeyPatch.context() as patch:

        def revoke_first(partition: str, row: Entity, properties: Mapping[str, str]) -> bool:
            patch.undo()
            assert links.revoke(empty.accounts, key)
            return replaced(partition, row, properties)

        patch.setattr(empty.accounts, "replace", revoke_first)
        links.store(empty.accounts, links.link_to_photo(name_of("other"), until, Provenance("o")))
        again = links.link_to_photos([name_of("gate"), name_of("gate-2")], until, Provenance("o"))
        key, _ = links.store(empty.accounts, again)
        list(links.remove_camera(empty.accounts, "gate", log_nothing))
    assert get(LINKS, key) is None


def test_who_might_see_a_camera_does_not_see_a_later_one_of_its_name(empty: Services) -> None:
    """Viewers, whose sessions end, and tokens; one that may only upload still may."""
    accounts, both = empty.accounts, frozenset({"gate", "gate-2"})
    for name, cameras in {"vera": both, "anna": {"gate"}, "otto": {"gate-2"}, "all": None}.items():
        chosen = cameras if cameras is None else frozenset(cameras)
        users.add(accounts, name, "a good password", Role.VIEWER, chosen)
    before = {one.name: one for one in users.list_users(accounts)}
    for name, scope in {"wall": Scope.READ, "pi": Scope.UPLOAD}.items():
        tokens.create(accounts, name, Grant(frozenset({scope}), both), NOW)
    upload_from(empty, "gate")
    logged: list[tuple[str, str]] = []
    assert not delete_camera_data("gate", empty, NOW, lambda *line: logged.append(line)).more
    assert sorted(logged) == [
        ("took a removed camera from", name) for name in ("anna", "token wall", "vera")
    ]
    after = {one.name: one for one in users.list_users(accounts)}
    left = {name: one.cameras for name, one in after.items()}
    assert left == {
        "vera": frozenset({"gate-2"}),
        "anna": frozenset(),
        "otto": frozenset({"gate-2"}),
        "all": None,
    }
    changed = {name for name in before if before[name].epoch != after[name].epoch}
    assert changed == {"vera", "anna"}
    granted = {one.name: one.grant.cameras for one in tokens.list_tokens(accounts)}
    assert granted == {"wall": frozenset({"gate-2"}), "pi": both}


def test_a_token_that_is_used_or_revoked_meanwhile_loses_the_camera_too(empty: Services) -> None:
    replaced = empty.accounts.replace
    for name, is_revoked in {"used": False, "revoked": True}.items():
        grant = Grant(frozenset({Scope.READ}), frozenset({"gate"}))
        secret = tokens.create(empty.accounts, name, grant, NOW)
        with pytest.MonkeyPatch.context() as patch:

            def change_first(
                partition: str,
                row: Entity,
                properties: Mapping[str, str],
                name: str = name,
                secret: str = secret,
                is_revoked: bool = is_revoked,
                patch: pytest.MonkeyPatch = patch,
            ) -> bool:
                patch.undo()
                if is_revoked:
                    assert tokens.revoke(empty.accounts, name)
                else:
                    assert tokens.find(empty.accounts, secret, NOW)
                return replaced(partition, row, properties)

            patch.setattr(empty.accounts, "replace", change_first)
            list(tokens.remove_camera(empty.accounts, "gate", log_nothing))
        found = tokens.find_by_name(empty.accounts, name)
        assert [one.grant.cameras for one in found] == ([] if is_revoked else [frozenset()])


def test_an_owner_deletes_a_camera_over_http(api: Api, camera: str) -> None:
    """And it is logged."""
    assert api.put(jpeg(), photo_headers(name_of(camera))).status_code == 201
    admin = {"Authorization": f"Bearer {api.backend.admin_token}"}
    assert api.read(f"/api/cameras/{camera}", method="DELETE").status_code == 403
    shared = {"photo": str(name_of(camera))}
    link = api.ask("/api/shares", admin, "POST", json=shared).json()["key"]
    reply = api.ask(f"/api/cameras/{camera}", admin, "DELETE")
    assert reply.json() == {"photos": 1, "alerts": 0, "more": False}
    log = api.audit_log(admin)
    lines = [(one["who"], one["what"], one["which"]) for one in log]
    assert ("the admin token", "revoked a link", f"link {link[:8]}") in lines
    assert api.ask(f"/api/cameras/{camera}", admin, "DELETE").status_code == 404
    assert api.ask("/api/cameras/-", admin, "DELETE").status_code == 400
    assert api.listed(camera) == []
    assert camera not in api.read("/api/cameras?counts=none").text
    assert f'"{camera}"' in api.ask("/api/accesses?limit=50", admin).text
