"""The settings: every mistake at once, each under its variable's name, no secret shown."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from photo_wire.media import Media
from pi_uploader.settings import (
    CameraSettings,
    CaptureSettings,
    Settings,
    SettingsError,
    UploadSettings,
    load_settings,
)

SECRET = "s3cr3t-k3y"
CAPTURE = {"CAMERA_SOURCE": "simulated"}
UPLOAD = {"BASE_URL": "https://nightjar.example"}

COMMON_MISTAKES = {
    "CAMERA_UPLOAD": ["yes", "1", "On"],
    "CAMERA_KEEP": ["120", "for ever", "0d"],
    "CAMERA_KEEP_MB": ["1GB", "-1"],
    "CAMERA_SPOOL": ["spool", "./spool", "~nobody-of-this-name/spool"],
    "CAMERA_CLOCK": ["gps"],
}
CAPTURE_MISTAKES = COMMON_MISTAKES | {
    "CAMERA_NAME": ["Entry", "a" * 33, "-a", "no space", "a\nb"],
    "CAMERA_ENABLED": ["true", "no"],
    "CAMERA_SOURCE": ["", "webcam", "Simulated"],
    "CAMERA_ZONE": ["Berlin", "Europe/Nowhere", "../etc", "UTC+1"],
    "CAMERA_URL": ["http://10.0.0.5/", "rtsp://", f"rtsp://u:{SECRET}@10.0.0.5/", "10.0.0.5"],
    "CAMERA_PASSWORD": [f"{SECRET}\n"],
    "CAMERA_SENSOR": ["10", "imx708", "-1"],
    "CAMERA_AUTH": ["none", "Basic"],
    "CAMERA_CA": ["ca.pem"],
    "CAMERA_FINGERPRINT": ["ab", "g" * 64, "sha256"],
    "CAMERA_TRANSPORT": ["http", "UDP"],
    "CAMERA_DEVICE": ["video0"],
    "CAMERA_FORMAT": ["jpg", "raw", "JPEG"],
    "CAMERA_CLIP": ["0s", "61s", "10"],
    "CAMERA_PREROLL": ["60.001s", "1h", "-1s", "3"],
    "CAMERA_SIZE": ["1920", "1920*1080", "0x0", "big"],
    "CAMERA_ROTATION": ["90", "-180"],
    "CAMERA_FOCUS": ["far", "-1", "15.1"],
    "CAMERA_EXPOSURE": ["1/50", "off", "0s"],
    "CAMERA_PIN": ["28", "D4"],
    "CAMERA_DEBOUNCE": ["300", "fast"],
    "CAMERA_TIMES": ["9", "25:00", "09:00 12:00", "09:60"],
    "CAMERA_ARMED": ["night", "22:00", "22:00-25:00", "06:00-06:00"],
    "CAMERA_BURST": ["0", "21", "many"],
    "CAMERA_BURST_GAP": ["500"],
    "CAMERA_REPLAY": ["pictures"],
    "PIR_PIN": ["28", "-1", "GPIO17", "17.0", "None", "²"],
    "CAMERA_EVERY": ["5", "0s", "5 m", "-5m", "1e3s", "five minutes", "999999s"],
    "CAMERA_COOLDOWN": ["2", "-2s", "off", "s"],
    "CAMERA_MOTION": ["on", "Low", "0.5"],
    "CAMERA_PHOTOS_BEFORE": ["3", "-1", "one"],
    "CAMERA_PHOTOS_AFTER": ["3", "-1", "1s"],
    "CAMERA_SUBSTREAM": ["http://10.0.0.5/", f"rtsp://u:{SECRET}@10.0.0.5/"],
    "CAMERA_MOTION_MIN": ["11s", "-1s", "off"],
    "CAMERA_ZONES": [
        "none",
        "10,20 30,40",
        "0,0 101,0 0,50",
        "0,0 50,50 99,99",
        "0,0 1,1;",
        "1 2 3",
    ],
    "CAMERA_MASKS": ["all", "0.5", "0,0 100,0 100,100 0,100"],
    "CAMERA_CONFIRM": ["on", "motion"],
    "CAMERA_UNCONFIRMED": ["off", "nothing"],
    "CAMERA_DETECT": ["on", "model.onnx", "/models/model.pt", "/models", "IMX500"],
    "CAMERA_DETECT_LABELS": ["labels.txt", "off"],
    "CAMERA_DETECT_SIZE": ["320", "full", "16x16", "4000x4000", "0x0"],
    "CAMERA_DETECT_THRESHOLD": ["0", "0.01", "1.5", "50%", ".5"],
    "CAMERA_DETECT_PER_MINUTE": ["0", "601", "off", "1.5"],
    "CAMERA_EVRY": ["5m"],
}
UPLOAD_MISTAKES = COMMON_MISTAKES | {
    "CAMERA_DEVICE_NAME": ["Gate", "a" * 33, "-a", "no space"],
    "CAMERA_SITE": ["a" * 65, "a\nb"],
    "CAMERA_HEARTBEAT": ["59s", "61m", "0m", "5"],
    "CAMERA_POLL": ["4s", "11m", "20"],
    "BASE_URL": [
        "",
        "nightjar.example",
        "ftp://nightjar.example",
        "https://",
        "https://nightjar.example/api/camera/photo",
        f"https://nightjar.example/?code={SECRET}",
        f"https://me:{SECRET}@nightjar.example",
        f"https://nightjar.example#{SECRET}",
        f"{SECRET}",
        "https://nightjar.example:port",
        "https://[nightjar",
        "https://night jar.example",
        "https://nightjar.example\n",
    ],
    "AZURE_FUNCTION_KEY": [f" {SECRET}", f"{SECRET}\n", f"{SECRET}\x00x", f"{SECRET}\u00e9", " "],
}


def broken(mistakes: dict[str, list[str]]) -> st.SearchStrategy[dict[str, str]]:
    """Any of these variables, each with one of its wrong values."""
    return st.fixed_dictionaries(
        {}, optional={name: st.sampled_from(wrong) for name, wrong in mistakes.items()}
    ).filter(bool)


@given(broken(CAPTURE_MISTAKES))
def test_every_broken_capture_setting_is_reported_and_nothing_else(wrong: dict[str, str]) -> None:
    """Whichever variables are wrong, each has its line."""
    assert reported(CaptureSettings, CAPTURE | wrong) == set(wrong)


@given(broken(UPLOAD_MISTAKES))
def test_every_broken_upload_setting_is_reported_and_nothing_else(wrong: dict[str, str]) -> None:
    """Whichever variables are wrong, each has its line."""
    assert reported(UploadSettings, UPLOAD | wrong) == set(wrong)


@given(broken({name: UPLOAD_MISTAKES[name] for name in ("BASE_URL", "AZURE_FUNCTION_KEY")}))
def test_no_upload_setting_stops_capturing(wrong: dict[str, str]) -> None:
    """Capturing reads none of the settings of uploading."""
    assert only_camera(CAPTURE | wrong).source == "simulated"


@given(broken({name: CAPTURE_MISTAKES[name] for name in CAPTURE_MISTAKES.keys() - COMMON_MISTAKES}))
def test_no_capture_setting_stops_uploading(wrong: dict[str, str]) -> None:
    """Uploading reads none of the settings of capturing, misspelt ones included."""
    assert load_settings(UploadSettings, UPLOAD | wrong).base_url == "https://nightjar.example"


@given(broken(UPLOAD_MISTAKES))
def test_no_message_holds_a_secret(wrong: dict[str, str]) -> None:
    """A key is not shown, nor a URL that somebody has pasted a key into."""
    with pytest.raises(SettingsError) as error:
        load_settings(UploadSettings, UPLOAD | wrong)
    assert SECRET not in str(error.value) + repr(error.value)


def test_the_repr_holds_no_secret() -> None:
    """The settings can be logged."""
    settings = load_settings(UploadSettings, UPLOAD | {"AZURE_FUNCTION_KEY": SECRET})
    assert settings.function_key == SECRET
    assert SECRET not in repr(settings)


def test_a_message_names_variable_value_and_what_is_expected() -> None:
    """A line says all that is needed to correct it."""
    with pytest.raises(SettingsError) as error:
        load_settings(CaptureSettings, CAPTURE | {"PIR_PIN": "99", "CAMERA_EVERY": "often"})
    assert error.value.problems == (
        "PIR_PIN: must be a BCM number from 0 to 27, or none, not '99'",
        "CAMERA_EVERY: must be a duration such as 30s, 5m or 1h, or off, not 'often'",
    )


def test_a_missing_setting_is_called_missing() -> None:
    """Nothing is simulated, and no place is assumed, that nobody asked for."""
    with pytest.raises(SettingsError, match=r"^CAMERA_SOURCE: is not set; must be picamera2, "):
        load_settings(CaptureSettings, {})
    with pytest.raises(SettingsError, match=r"^BASE_URL: is not set; must be https://HOST"):
        load_settings(UploadSettings, {})


def test_an_unknown_variable_is_reported_with_the_nearest_name() -> None:
    """CAMERA_... is ours, so an unknown one is a mistake."""
    with pytest.raises(SettingsError, match=r"^CAMERA_COLDOWN: .* expected CAMERA_COOLDOWN$"):
        load_settings(CaptureSettings, CAPTURE | {"CAMERA_COLDOWN": "3s"})


@pytest.mark.parametrize("part", [CaptureSettings, UploadSettings])
def test_both_processes_report_an_unknown_variable_that_resembles_none(
    part: type[Settings],
) -> None:
    """It could be meant for either process."""
    wrong = {"CAMERA_XYZ": SECRET}
    assert reported(part, CAPTURE | UPLOAD | wrong) == set(wrong)


def test_one_trigger_at_least_is_on() -> None:
    """A camera that would never take a photo is a mistake."""
    with pytest.raises(
        SettingsError,
        match="PIR_PIN, CAMERA_PIN, CAMERA_EVERY, CAMERA_TIMES, CAMERA_MOTION: nothing would ever",
    ):
        load_settings(CaptureSettings, CAPTURE | {"PIR_PIN": "none"})


def test_the_defaults() -> None:
    """What is not set, or empty, has its default."""
    settings = load_settings(
        CaptureSettings, CAPTURE | {"HOME": "/home/pi", "PIR_PIN": "", "CAMERA_NAME": ""}
    )
    assert settings.spool == Path("/home/pi/.local/state/pi-uploader/spool")
    assert (settings.upload, settings.keep, settings.keep_bytes) == (True, None, None)
    assert (settings.clock_is_trusted, settings.spool_bytes) == (False, None)
    assert settings.reserve_bytes == 64_000_000
    [camera] = settings.cameras
    assert camera == CameraSettings(
        name="camera",
        enabled=True,
        source="simulated",
        sensor=None,
        replay=None,
        url=None,
        user=None,
        password=None,
        auth="digest",
        ca=None,
        fingerprint=None,
        transport="tcp",
        device="/dev/video0",
        format=Media.JPEG,
        clip=10.0,
        preroll=0.0,
        size=None,
        rotation=0,
        focus=None,
        exposure=None,
        pir_pin=17,
        pin=None,
        debounce=0.3,
        every=None,
        times=(),
        armed=(),
        live_when_disarmed=True,
        cooldown=2.0,
        burst=1,
        burst_gap=0.5,
        photos_before=0,
        photos_after=0,
        motion=None,
        substream=None,
        motion_min=0.4,
        zones=(),
        masks=(),
        confirms=False,
        keeps_unconfirmed=False,
        model=None,
        model_labels=None,
        model_size=None,
        label_threshold=0.5,
        detections_per_minute=10,
    )


def only_camera(environ: dict[str, str]) -> CameraSettings:
    [camera] = load_settings(CaptureSettings, environ).cameras
    return camera


def reported(part: type[Settings], environ: dict[str, Any]) -> set[str]:
    """The variables that the error names, one line for each."""
    with pytest.raises(SettingsError) as error:
        load_settings(part, environ)
    names = [line.partition(":")[0] for line in str(error.value).splitlines()]
    assert len(names) == len(set(names))
    return set(names)
