"""The config file: several cameras, every mistake with its line and the nearest right name."""

import tomllib
from pathlib import Path

import pytest

from photo_wire.media import Media
from pi_uploader.help_text import config_example
from pi_uploader.settings import (
    CaptureSettings,
    Settings,
    SettingsError,
    UploadSettings,
    load_settings,
)
from tests.support.program import StartProgram

THREE_CAMERAS = """\
spool = "/data/spool"
zone = "Europe/Berlin"
base_url = "https://nightjar.example"
keep = "120d"

[camera.entry]
source = "rtsp"
url = "rtsp://192.168.1.201/stream"
user = "admin"
pin = 18

[camera.exit]
source = "rtsp"
url = "rtsp://192.168.1.202/stream"
pin = 19
format = "mp4"
clip = "5s"

[camera.auxiliary]
source = "usb"
pin = 20
enabled = false
"""


def environ_of(tmp_path: Path, text: str, **more: str) -> dict[str, str]:
    """An environment whose config file says this."""
    file = tmp_path / "config.toml"
    file.write_text(text)
    return {"CAMERA_CONFIG": str(file), "HOME": str(tmp_path), **more}


def problems(environ: dict[str, str], part: type[Settings] = CaptureSettings) -> list[str]:
    """What is said to be wrong, without the folder of the file."""
    with pytest.raises(SettingsError) as error:
        load_settings(part, environ)
    folder = str(Path(environ["CAMERA_CONFIG"]).parent)
    return [one.replace(f"{folder}/", "") for one in error.value.problems]


def test_each_table_is_a_camera(tmp_path: Path) -> None:
    """The second seed's three cameras; one that is switched off is left out."""
    settings = load_settings(CaptureSettings, environ_of(tmp_path, THREE_CAMERAS))
    assert settings.spool == Path("/data/spool")
    assert (str(settings.zone), settings.keep) == ("Europe/Berlin", 120 * 86400)
    entry, leave = settings.cameras
    assert (entry.name, entry.url, entry.user) == ("entry", "rtsp://192.168.1.201/stream", "admin")
    assert (entry.pin, entry.pir_pin, entry.format) == (18, None, Media.JPEG)
    assert (leave.name, leave.pin, leave.format, leave.clip) == ("exit", 19, Media.MP4, 5.0)


def test_both_processes_read_the_same_file(tmp_path: Path) -> None:
    """Each its own part."""
    settings = load_settings(UploadSettings, environ_of(tmp_path, THREE_CAMERAS))
    assert (settings.base_url, settings.keep) == ("https://nightjar.example", 120 * 86400)


def test_a_variable_wins_over_the_file(tmp_path: Path) -> None:
    environ = environ_of(tmp_path, THREE_CAMERAS, BASE_URL="https://other.example")
    assert load_settings(UploadSettings, environ).base_url == "https://other.example"


def test_all_mistakes_are_reported_at_once_with_line_and_right_name(tmp_path: Path) -> None:
    text = THREE_CAMERAS.replace("pin = 18", "pinn = 18").replace("pin = 19", "pin = 99")
    text = text.replace('zone = "Europe/Berlin"', 'zone = "Berlin"').replace("spool", "spol")
    assert problems(environ_of(tmp_path, text)) == [
        "config.toml:1 spol: no setting has this name; expected spool",
        "config.toml:2 zone: must be a time zone such as Europe/Berlin, or local; 'Berlin' is "
        "not a time zone that this system knows",
        "config.toml:6 camera.entry.pir_pin, config.toml:6 camera.entry.pin, config.toml:6 "
        "camera.entry.every, config.toml:6 camera.entry.times, config.toml:6 "
        "camera.entry.motion: nothing would ever take a photo; expected at least one of these "
        "(capture --once needs none)",
        "config.toml:10 camera.entry.pinn: no setting has this name; expected pin",
        "config.toml:15 camera.exit.pin: must be a BCM number from 0 to 27, or none, not '99'",
    ]


def test_what_is_wrong_with_cameras_does_not_stop_uploading(tmp_path: Path) -> None:
    text = THREE_CAMERAS.replace("pin = 18", "pinn = 18").replace("pin = 19", "pin = 99")
    assert load_settings(UploadSettings, environ_of(tmp_path, text)).base_url


def test_what_is_wrong_with_uploading_does_not_stop_capturing(tmp_path: Path) -> None:
    text = 'max_kbs = 5\nuploads = 99\nbase_url = "nowhere"\n' + THREE_CAMERAS.replace(
        "base_url", "#base_url"
    )
    environ = environ_of(tmp_path, text)
    assert len(load_settings(CaptureSettings, environ).cameras) == 2
    assert [one.partition(":")[0] for one in problems(environ, UploadSettings)] == [
        "config.toml"
    ] * 3


def test_mistakes_are_sorted_by_line(tmp_path: Path) -> None:
    """Those of the environment come first."""
    text = 'max_kbs = 5\nuploads = 99\nkeep = "long"\nbase_url = "nowhere"\n'
    environ = environ_of(tmp_path, text, CAMERA_MONTHLY_MB="few")
    assert [one.partition(" ")[0] for one in problems(environ, UploadSettings)] == [
        "CAMERA_MONTHLY_MB:",
        *(f"config.toml:{line}" for line in (1, 2, 3, 4)),
    ]


def test_two_cameras_cannot_share_a_pin(tmp_path: Path) -> None:
    text = THREE_CAMERAS.replace("pin = 19", "pin = 18")
    assert problems(environ_of(tmp_path, text)) == [
        "pin 18 is used twice, by entry and exit; expected a pin for each"
    ]


def test_a_camera_of_the_environment_beside_those_of_the_file_is_a_mistake(tmp_path: Path) -> None:
    """It would be ignored in silence."""
    environ = environ_of(tmp_path, THREE_CAMERAS, PIR_PIN="17")
    assert problems(environ) == [
        "PIR_PIN: is set, but config.toml has cameras of its own; expected it there, as pir_pin in "
        "[camera.entry], and no PIR_PIN in the environment (/etc/pi-uploader/environment on a Pi)"
    ]


def test_name_and_source_of_the_environment_give_way_to_those_of_the_file(tmp_path: Path) -> None:
    """install.sh writes them for one camera; each table has its own, so nothing is ignored."""
    environ = environ_of(tmp_path, THREE_CAMERAS, CAMERA_SOURCE="picamera2", CAMERA_NAME="gate")
    entry, leave = load_settings(CaptureSettings, environ).cameras
    assert (entry.name, entry.source, leave.name, leave.source) == ("entry", "rtsp", "exit", "rtsp")
    without_source = THREE_CAMERAS.replace('source = "rtsp"\n', "", 1)
    assert problems(environ_of(tmp_path, without_source, CAMERA_SOURCE="rtsp")) == [
        "config.toml:6 camera.entry.source: is not set; must be picamera2, rtsp, usb or simulated"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("spool = ", "config.toml: is not TOML: "),
        ("camera = 3", "config.toml:1 camera: expected a table for each camera"),
        ('[camera]\nname = "x"', "config.toml:1 camera: expected a table for each camera"),
        (
            "[camera.Entry]\nsource = 'usb'\npin = 3",
            "config.toml:1 camera.Entry.name: must be 1 to 32",
        ),
        (
            "[camera.a]\nsource = 'webcam'\npin = 3",
            "config.toml:2 camera.a.source: must be picamera2",
        ),
        ("[camera.a]\npin = 3", "config.toml:1 camera.a.source: is not set"),
        ("[camera.a]\nsource = 'rtsp'\npin = 3", "config.toml:1 camera.a.url: is not set"),
        (
            "[camera.a]\nsource = 'rtsp'\nurl = 'RTSPS://h/'\ntransport = 'udp'\npin = 3",
            "config.toml:4 camera.a.transport: must be tcp, because udp encrypts nothing, and "
            "CAMERA_URL is rtsps",
        ),
        (
            "[camera.a]\nsource = 'rtsp'\nurl = 'rtsp://u:s3cr3t@h/'\npin = 3",
            "config.toml:3 camera.a.url: must be rtsp://HOST/PATH or rtsps://HOST/PATH, without "
            "user and password; the value has a user name in it",
        ),
        (
            "[camera.a]\nsource = 'simulated'\nformat = 'dng'\npin = 3",
            "config.toml:3 camera.a.format: must be jpeg for a camera of kind simulated, not dng",
        ),
        (
            "[camera.a]\nsource = 'usb'\nreplay = '/pictures'\npin = 3",
            "config.toml:3 camera.a.replay: must not be set for a camera of kind usb",
        ),
        ("[camera.a]\nsource = 'usb'\npin = 3\npir_pin = 3", "are the same pin"),
    ],
)
def test_a_mistake_has_its_sentence(tmp_path: Path, text: str, expected: str) -> None:
    (problem,) = problems(environ_of(tmp_path, text))
    assert expected in problem
    assert "s3cr3t" not in problem


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    missing = {"CAMERA_CONFIG": str(tmp_path / "config.toml")}
    assert problems(missing) == ["CAMERA_CONFIG: there is no file config.toml"]


def test_a_secret_is_read_from_a_systemd_credential(tmp_path: Path) -> None:
    """The key of the backend, and the password of each camera or of all."""
    (tmp_path / "azure_function_key").write_text("the key\n")
    (tmp_path / "camera_password").write_text("for all")
    (tmp_path / "exit_password").write_text("for the exit")
    environ = environ_of(tmp_path, THREE_CAMERAS, CREDENTIALS_DIRECTORY=str(tmp_path))
    assert load_settings(UploadSettings, environ).function_key == "the key"
    capture = load_settings(CaptureSettings, environ)
    assert [one.password for one in capture.cameras] == ["for all", "for the exit"]
    assert "for all" not in repr(capture)
    assert "for the exit" not in repr(capture)


def test_the_example_is_right_and_has_every_setting(tmp_path: Path) -> None:
    """As it is printed, and with every line switched on it is TOML still."""
    example = config_example()
    settings = load_settings(CaptureSettings, environ_of(tmp_path, example))
    assert [one.name for one in settings.cameras] == ["entry"]
    switched_on = "\n".join(
        line[1:] if line.startswith("#") and not line.startswith("# ") else line
        for line in example.splitlines()
    )
    keys = tomllib.loads(switched_on)
    assert {"spool", "zone", "base_url", "max_kbps", "keep"} <= keys.keys()
    assert {"pir_pin", "armed", "burst", "clip", "url", "user"} <= keys["camera"]["entry"].keys()
    assert not {"password", "azure_function_key"} & {*keys, *keys["camera"]["entry"]}


@pytest.mark.parametrize(("name", "key"), [("password", ""), ("azure_function_key", "the key")])
def test_the_example_says_of_a_secret_what_is_accepted(tmp_path: Path, name: str, key: str) -> None:
    """In the file, too; and that it has a better place."""
    assert f'# ({name} = "..." is accepted here, too, ' in config_example()
    text = f"{f'azure_function_key = {key!r}' if key else ''}\n{THREE_CAMERAS}"
    text = text.replace('user = "admin"', 'user = "admin"\npassword = "abc"')
    environ = environ_of(tmp_path, text)
    assert load_settings(CaptureSettings, environ).cameras[0].password == "abc"
    assert load_settings(UploadSettings, environ).function_key == (key or None)


def test_a_password_beside_tables_is_an_error_that_names_its_place(tmp_path: Path) -> None:
    """Which of the cameras it is for is not known; it is not shown."""
    environ = environ_of(tmp_path, THREE_CAMERAS, CAMERA_PASSWORD="s3cr3t")
    assert problems(environ) == [
        "CAMERA_PASSWORD: is set, but config.toml has cameras of its own; expected it as the "
        "systemd credential camera_password for all cameras, or entry_password for entry (on a Pi "
        "the file of that name in /etc/pi-uploader), and no CAMERA_PASSWORD in the environment "
        "(/etc/pi-uploader/environment on a Pi)"
    ]


def test_config_check_says_everything_of_both_processes(
    start_program: StartProgram, tmp_path: Path
) -> None:
    """And exits with 78; with 0 when all is right."""
    file = tmp_path / "config.toml"
    file.write_text(THREE_CAMERAS.replace("pin = 18", "pin = 99").replace("https:", "ftp:"))
    program = start_program("config", "check", CAMERA_CONFIG=str(file))
    assert program.process.wait(90) == 78
    assert (
        f"{file}:10 camera.entry.pin: must be a BCM number from 0 to 27, or none, not '99'"
        in program.output
    )
    assert f"{file}:3 base_url: must be https://HOST with nothing after it" in program.output
    assert "2 mistakes" in program.output
    file.write_text(THREE_CAMERAS.replace('zone = "Europe/Berlin"', ""))
    (tmp_path / "azure_function_key").write_text("the key")
    (tmp_path / "entry_password").write_text("sesame")
    program = start_program(
        "config",
        "check",
        CAMERA_CONFIG=str(file),
        CREDENTIALS_DIRECTORY=str(tmp_path),
        TZ="Asia/Tokyo",
    )
    assert program.process.wait(90) == 0
    assert program.output.splitlines()[-2:] == [
        "the time zone is Asia/Tokyo (TZ)",
        "The settings are right.",
    ]


def test_a_credential_is_named_once(start_program: StartProgram) -> None:
    """Also where the one of the camera is the one for all."""
    program = start_program(
        "config",
        "check",
        BASE_URL="https://nightjar.example",
        AZURE_FUNCTION_KEY="the key",
        CAMERA_SOURCE="rtsp",
        CAMERA_URL="rtsp://192.0.2.1/stream",
        CAMERA_USER="admin",
        CAMERA_NAME="camera",
    )
    assert program.process.wait(90) == 78
    assert "the systemd credential camera_password (on a Pi" in program.output


def test_config_check_tells_of_a_key_and_a_password_that_are_missing(
    start_program: StartProgram, tmp_path: Path
) -> None:
    """The processes run without them, but to no good; of one mistake it speaks as of one."""
    file = tmp_path / "config.toml"
    file.write_text(THREE_CAMERAS)
    program = start_program("config", "check", CAMERA_CONFIG=str(file))
    assert program.process.wait(90) == 78
    assert "AZURE_FUNCTION_KEY: is not set, nor is there a systemd credential" in program.output
    assert "CAMERA_PASSWORD: entry has a user and no password" in program.output
    assert program.output.endswith("\n2 mistakes\n")
    program = start_program(
        "config", "check", CAMERA_CONFIG=str(file), AZURE_FUNCTION_KEY="the key"
    )
    assert program.process.wait(90) == 78
    assert program.output.endswith("\n1 mistake\n")


def test_config_check_warns_of_a_pace_at_which_no_full_photo_arrives(
    start_program: StartProgram, tmp_path: Path
) -> None:
    """It is no mistake: smaller photos arrive."""
    for pace, warnings in (("off", 0), ("182", 0), ("181", 1), ("100", 2)):
        program = start_program(
            "config",
            "check",
            BASE_URL="https://my-nightjar.azurewebsites.net",
            AZURE_FUNCTION_KEY="the key",
            CAMERA_EVERY="1h",
            CAMERA_SOURCE="simulated",
            CAMERA_MAX_KBPS=pace,
        )
        assert program.process.wait(90) == 0
        assert program.output.count("needs 182") == warnings  # of all so far
    assert "warning: CAMERA_MAX_KBPS: at 100 no photo above 2.7 MB arrives" in program.output


def test_no_key_is_missing_where_nothing_is_uploaded(tmp_path: Path) -> None:
    environ = environ_of(tmp_path, THREE_CAMERAS, CAMERA_UPLOAD="off")
    assert load_settings(UploadSettings, environ).missing == []
