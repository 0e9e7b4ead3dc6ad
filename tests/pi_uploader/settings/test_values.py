"""Durations and URLs, from the text to the value."""

import pytest

from pi_uploader.settings import (
    CameraSettings,
    CaptureSettings,
    SettingsError,
    UploadSettings,
    load_settings,
)

SECRET = "s3cr3t-k3y"
CAPTURE = {"CAMERA_SOURCE": "simulated"}


@pytest.mark.parametrize(
    ("text", "seconds"), [("30s", 30), ("0.5s", 0.5), ("5m", 300), ("1h", 3600), ("2d", 172800)]
)
def test_durations(text: str, seconds: float) -> None:
    """A number and one letter."""
    assert only_camera(CAPTURE | {"CAMERA_EVERY": text}).every == seconds


@pytest.mark.parametrize(
    ("url", "base_url", "warned"),
    [
        ("https://nightjar.example", "https://nightjar.example", False),
        ("https://nightjar.example/", "https://nightjar.example", False),
        ("https://nightjar.example:8443/", "https://nightjar.example:8443", False),
        ("http://127.0.0.1:7071", "http://127.0.0.1:7071", False),
        ("http://localhost:7071/", "http://localhost:7071", False),
        ("http://[::1]:7071", "http://[::1]:7071", False),
        ("http://192.168.1.5:7071", "http://192.168.1.5:7071", True),
        ("http://nightjar.example", "http://nightjar.example", True),
    ],
)
def test_base_url(url: str, base_url: str, warned: bool) -> None:
    """A slash at the end goes; plain HTTP to another machine gets a warning."""
    settings = load_settings(UploadSettings, {"BASE_URL": url, "AZURE_FUNCTION_KEY": SECRET})
    assert settings.base_url == base_url
    assert bool(settings.warnings) == warned


def only_camera(environ: dict[str, str]) -> CameraSettings:
    [camera] = load_settings(CaptureSettings, environ).cameras
    return camera


def test_a_wrong_scheme_is_shown_and_the_rest_is_not() -> None:
    """A URL may hold a password."""
    wrong = {"BASE_URL": f"htp://me:{SECRET}@nightjar.example", "AZURE_FUNCTION_KEY": SECRET}
    with pytest.raises(SettingsError) as caught:
        load_settings(UploadSettings, wrong)
    assert str(caught.value).endswith("; the value begins with 'htp://'")
    assert SECRET not in str(caught.value)
