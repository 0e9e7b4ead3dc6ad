"""The settings of the device's own page, on an installed Pi."""

from pathlib import Path

import pytest

from pi_uploader.settings import ServeSettings, SettingsError, is_serve_set, load_settings
from pi_uploader.settings.serve import CREDENTIAL
from tests.support.installed_pi import InstalledPi

PASSWORD = "correct horse"


@pytest.fixture
def serving(pi: InstalledPi) -> InstalledPi:
    """A Pi whose page has an address and a password."""
    (Path(pi.environ["CREDENTIALS_DIRECTORY"]) / CREDENTIAL).write_text(f"{PASSWORD}\n")
    pi.environ["CAMERA_SERVE"] = "0.0.0.0:8080"
    return pi


def problem_of(pi: InstalledPi) -> str:
    with pytest.raises(SettingsError) as error:
        load_settings(ServeSettings, pi.environ)
    return str(error.value)


@pytest.mark.setting("CAMERA_SERVE")
def test_camera_serve(serving: InstalledPi) -> None:
    settings = load_settings(ServeSettings, serving.environ)
    assert settings.address == ("0.0.0.0", 8080)  # noqa: S104
    assert settings.password == PASSWORD
    assert PASSWORD not in repr(settings)
    assert is_serve_set(serving.environ)


def test_the_page_is_off_by_default(pi: InstalledPi) -> None:
    assert load_settings(ServeSettings, pi.environ).address is None
    assert not is_serve_set(pi.environ)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:1", ("127.0.0.1", 1)),
        ("[::]:8080", ("::", 8080)),
        ("::1:8080", None),
        ("gate.local:8080", None),
        ("127.0.0.1", None),
        ("127.0.0.1:0", None),
        ("127.0.0.1:65536", None),
        ("8080", None),
    ],
)
def test_addresses(serving: InstalledPi, text: str, address: tuple[str, int] | None) -> None:
    serving.environ["CAMERA_SERVE"] = text
    if address:
        assert load_settings(ServeSettings, serving.environ).address == address
    else:
        assert "CAMERA_SERVE: must be an IP address and a port" in problem_of(serving)
        assert is_serve_set(serving.environ)  # so that `run` starts it, and it says what is wrong


@pytest.mark.setting("CAMERA_SERVE_PASSWORD_FILE")
def test_camera_serve_password_file(serving: InstalledPi, tmp_path: Path) -> None:
    """It comes before the credential."""
    (tmp_path / "password").write_text("another horse\n")
    serving.environ["CAMERA_SERVE_PASSWORD_FILE"] = str(tmp_path / "password")
    assert load_settings(ServeSettings, serving.environ).password == "another horse"


@pytest.mark.parametrize(
    ("password", "problem"),
    [
        (b"", "has no password"),
        (b"\n", "has no password"),
        (b"too short", "is easy to guess"),
        (b"aaaaaaaaaaaaaaaa", "is easy to guess"),
        (b"two lines of\na password", "has more than one line"),
        (b"\xff\xfe a password", "is not UTF-8"),
        (b"x" * 5000, "is too long"),
    ],
)
def test_a_page_without_a_good_password_is_refused(
    serving: InstalledPi, tmp_path: Path, password: bytes, problem: str
) -> None:
    (tmp_path / "password").write_bytes(password)
    serving.environ["CAMERA_SERVE_PASSWORD_FILE"] = str(tmp_path / "password")
    shown = problem_of(serving)
    assert problem in shown
    assert "password" in shown
    assert "aaaa" not in shown
    assert "too short" not in shown


def test_a_page_without_any_password_is_refused(serving: InstalledPi) -> None:
    (Path(serving.environ["CREDENTIALS_DIRECTORY"]) / CREDENTIAL).write_text("\n")
    assert f"the systemd credential {CREDENTIAL} has no password" in problem_of(serving)
    del serving.environ["CREDENTIALS_DIRECTORY"]
    assert "CAMERA_SERVE_PASSWORD_FILE names no file" in problem_of(serving)
    serving.environ["CAMERA_SERVE_PASSWORD_FILE"] = "/no/such/file"
    assert "/no/such/file cannot be read" in problem_of(serving)


@pytest.mark.setting("CAMERA_SERVE_FPS")
def test_camera_serve_fps(serving: InstalledPi) -> None:
    assert load_settings(ServeSettings, serving.environ).frames_per_second == 2
    serving.environ["CAMERA_SERVE_FPS"] = "5"
    assert load_settings(ServeSettings, serving.environ).frames_per_second == 5
    serving.environ["CAMERA_SERVE_FPS"] = "6"
    assert "CAMERA_SERVE_FPS: must be a number from 1 to 5" in problem_of(serving)


@pytest.mark.setting("CAMERA_SERVE_NAMES")
def test_camera_serve_names(serving: InstalledPi) -> None:
    serving.environ["CAMERA_SERVE_NAMES"] = "Gate.example.org, gate"
    names = load_settings(ServeSettings, serving.environ).names
    assert names == ("gate.example.org", "gate")
    serving.environ["CAMERA_SERVE_NAMES"] = "http://gate"
    assert "CAMERA_SERVE_NAMES: must be host names" in problem_of(serving)


def test_the_zone_is_that_of_the_site(serving: InstalledPi) -> None:
    serving.environ["CAMERA_ZONE"] = "Europe/Berlin"
    assert str(load_settings(ServeSettings, serving.environ).zone) == "Europe/Berlin"
    serving.environ["CAMERA_ZONE"] = "no zone"  # the capture process reports it
    assert load_settings(ServeSettings, serving.environ).zone


def test_the_address_may_be_in_the_config_file(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text('serve = "127.0.0.1:8080"\n')
    environ = {"CAMERA_CONFIG": str(tmp_path / "config.toml")}
    assert is_serve_set(environ)
    (tmp_path / "config.toml").write_text("serve =")
    assert not is_serve_set(environ)
