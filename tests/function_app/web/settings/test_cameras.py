"""The pages of cameras, and the removal of one, also if that takes several requests."""

from dataclasses import replace
from datetime import timedelta

import pytest

from function_app.auth.caller import Role
from function_app.maintenance import api
from function_app.maintenance.counting import update_figures
from function_app.maintenance.deletion import CameraDeletion
from function_app.retention_policy import parse_retention
from function_app.services import Services
from function_app.settings import Settings
from photo_wire.motion import Motion
from photo_wire.name import new_name
from tests.support.api import MOMENT
from tests.support.memory_store import memory_services
from tests.support.page_host import Visitor
from tests.support.pages import add_photo

PATH = "/settings/cameras"


@pytest.fixture
def services() -> Services:
    services = memory_services(Settings("", retention=parse_retention("120d, gate=forever")))
    for number, camera in enumerate(("gate", "drive", "drive")):
        add_photo(services, MOMENT + timedelta(seconds=number), camera, number=number)
    update_figures(services, MOMENT + timedelta(hours=1))
    return services


@pytest.fixture
def owner(services: Services) -> Visitor:
    return Visitor(services)


def test_a_camera_of_which_only_stubs_came_is_listed(services: Services, owner: Visitor) -> None:
    """And removed with them."""
    stub = replace(add_photo(services, MOMENT, "old"), motion=Motion())
    stub = replace(stub, name=new_name("shed", MOMENT))
    services.index.add(stub, MOMENT)
    page = owner.page(PATH)
    assert "<b>shed</b>" in page
    assert str(stub.name) not in page
    owner.send(f"{PATH}/shed/removal")
    assert services.index.get(stub.name) is None
    assert "<b>shed</b>" not in owner.page(PATH)


def test_each_camera_says_how_long_its_photos_are_kept(owner: Visitor) -> None:
    page = owner.page(PATH)
    drive = page[page.index("<b>drive</b>") : page.index("<b>gate</b>")]
    assert "2 photos" in drive
    assert "120 days" in drive
    assert "for ever" in page[page.index("<b>gate</b>") :]
    assert f'href="{PATH}/gate/removal"' in page


def test_a_viewer_sees_their_cameras_and_removes_none(services: Services) -> None:
    vera = Visitor(services, "vera", Role.VIEWER, frozenset({"gate"}))
    page = vera.page(PATH)
    assert "<b>gate</b>" in page
    assert "drive" not in page
    assert "removal" not in page
    nobody = Visitor(services, "nina", Role.VIEWER, frozenset())
    assert "There are no cameras yet." in nobody.page(PATH)


def test_a_camera_is_removed_after_a_question(services: Services, owner: Visitor) -> None:
    page = owner.page(f"{PATH}/drive/removal")
    assert "Remove the camera “drive”?" in page
    assert "It has 2 photos." in page
    assert len(services.index.cameras()) == 2
    assert owner.change(f"{PATH}/drive/removal") == "drive is removed, with 2 photos."
    assert list(services.index.cameras()) == ["gate"]
    assert owner.ask(f"{PATH}/drive/removal").status_code == 404
    assert owner.send(f"{PATH}/drive/removal").status_code == 404
    assert owner.send(f"{PATH}/No/removal").status_code == 404
    entry = services.audit_log.newest(1, "")[0]
    assert (entry.action, entry.target) == ("removed a camera", "drive")


def test_a_removal_that_takes_long_says_how_far_it_is(
    services: Services, owner: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And goes on by a form, without JavaScript."""
    parts = iter((CameraDeletion(500, 0, True), CameraDeletion(501, 3, True)))

    def delete_a_part(*arguments: object) -> CameraDeletion:
        return next(parts, CameraDeletion(1, 0, False))

    monkeypatch.setattr(api, "delete_camera_data", delete_a_part)
    path = f"{PATH}/drive/removal"
    for sent, expected in ((0, 500), (500, 1001)):
        page = owner.send(path, [("deleted", str(sent))]).get_body().decode()
        assert f"{expected:,} photos are deleted so far; there are more." in page
        assert f'name="deleted" value="{expected}"' in page
    assert owner.change(path, [("deleted", "1001")]) == "drive is removed, with 1,002 photos."
