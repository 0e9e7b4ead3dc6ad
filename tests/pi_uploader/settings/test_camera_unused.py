"""A setting that has no effect is a warning."""

import pytest

from pi_uploader.settings import CaptureSettings, load_settings

RTSP = {"CAMERA_SOURCE": "rtsp", "CAMERA_URL": "rtsp://192.0.2.1/main"}
ZONE = "0,0 50,0 50,50"
UNUSED: list[tuple[dict[str, str], dict[str, str]]] = [
    ({"CAMERA_ZONES": ZONE}, {"CAMERA_MOTION": "low"}),
    ({"CAMERA_MASKS": ZONE}, {"CAMERA_CONFIRM": "picture", "PIR_PIN": "17"}),
    ({**RTSP, "CAMERA_SUBSTREAM": "rtsp://192.0.2.1/sub"}, {"CAMERA_MOTION": "low"}),
    ({"CAMERA_UNCONFIRMED": "photo"}, {"CAMERA_CONFIRM": "picture", "PIR_PIN": "17"}),
    ({**RTSP, "CAMERA_PHOTOS_BEFORE": "1"}, {"CAMERA_PIN": "18"}),
    ({"CAMERA_PHOTOS_AFTER": "1"}, {"CAMERA_MOTION": "low"}),
    ({"CAMERA_DETECT_LABELS": "/names"}, {"CAMERA_DETECT": "imx500", "PIR_PIN": "17"}),
    ({"CAMERA_DETECT_SIZE": "320x320"}, {"CAMERA_DETECT": "imx500", "PIR_PIN": "17"}),
]


@pytest.mark.parametrize(("environ", "needed"), UNUSED)
def test_a_setting_without_what_it_belongs_to_is_a_warning(
    environ: dict[str, str], needed: dict[str, str]
) -> None:
    def unused(**more: str) -> list[str]:
        base = {"CAMERA_SOURCE": "picamera2", "HOME": "/", "PIR_PIN": "none", "CAMERA_EVERY": "1h"}
        settings = load_settings(CaptureSettings, {**base, **environ, **more})
        return [line for line in settings.warnings if "has no effect" in line]

    *_, name = environ
    [warning] = unused()
    assert warning.startswith(f"{name}: has no effect on camera: ")
    assert unused(**needed) == []
