"""Callers: what they may see, their names, and their cameras as text and JSON."""

import pytest

from function_app.auth import caller
from function_app.auth.caller import DEVICE, Caller, Role, Scope
from photo_wire.errors import WireError

READ = frozenset({Scope.READ})


def test_a_caller_sees_all_cameras_or_those_of_their_limit() -> None:
    assert Caller("anna", READ).may_see("gate")
    limited = Caller("vera", READ, frozenset({"gate"}))
    assert limited.may_see("gate")
    assert not limited.may_see("entry")
    assert not limited.may_see("")
    assert not Caller("nobody", READ, frozenset()).may_see("gate")
    assert DEVICE.may_see("gate")


def test_the_roles_have_their_scopes() -> None:
    assert Role.VIEWER.scopes == {Scope.READ}
    assert Role.OWNER.scopes == set(Scope)


def test_no_token_passes_for_a_user_in_the_audit_log() -> None:
    """A user's name has no space."""
    user, token = Caller("owner", READ, session="key"), Caller("owner", READ, via=("key",))
    assert (user.is_token, user.actor) == (False, "owner")
    assert (token.is_token, token.actor) == (True, "token owner")
    assert caller.is_token_label(token.actor)
    assert not caller.is_token_label(user.actor)
    assert not caller.is_valid_name(token.actor)


@pytest.mark.parametrize("name", ["a", "0", "vera.b-c_d", "x" * 32])
def test_a_valid_name_is_returned(name: str) -> None:
    assert caller.check_name(name, "name") == name


@pytest.mark.parametrize("name", ["", "Vera", "x" * 33, "-a", "a b", "a/b", "ä", "a\n", None, 5])
def test_an_invalid_name_is_rejected(name: object) -> None:
    with pytest.raises(WireError, match=r"^name: .* must be 1 to 32 of a-z, 0-9"):
        caller.check_name(name, "name")


@pytest.mark.parametrize("cameras", [None, frozenset(), frozenset({"gate", "entry"})])
def test_cameras_survive_their_record_and_their_json(cameras: frozenset[str] | None) -> None:
    assert caller.cameras_from_text(caller.cameras_to_text(cameras)) == cameras
    assert caller.parse_cameras(caller.cameras_to_json(cameras)) == cameras


@pytest.mark.parametrize("cameras", ["gate", {"gate": 1}, [1], ["gate", None], ["Gate"], ["a b"]])
def test_invalid_cameras_are_rejected(cameras: object) -> None:
    with pytest.raises(WireError, match=r"^cameras: "):
        caller.parse_camera_limit(cameras)


def test_a_camera_limit_has_a_maximum() -> None:
    """A repeated name counts once; null means no limit."""
    names = [f"camera-{number}" for number in range(caller.MAX_LIMITED_CAMERAS)]
    assert caller.parse_camera_limit([*names, *names]) == frozenset(names)
    assert caller.parse_camera_limit(None) is None
    with pytest.raises(WireError, match="has 101 names: give at most 100"):
        caller.parse_camera_limit([*names, "one-more"])
