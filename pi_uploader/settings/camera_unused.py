"""What has no effect in the settings of one camera."""

from collections.abc import Iterator

from pi_uploader.settings.camera import CameraSettings

NO_MOMENT = "it has neither PIR_PIN nor CAMERA_PIN nor CAMERA_MOTION"


def unused_settings(camera: CameraSettings) -> Iterator[str]:
    """Yield a line for each setting of motion and detection that is set and has no effect, since
    what it belongs to is not."""
    triggers = (camera.pir_pin, camera.pin, camera.motion)
    is_triggered = any(one is not None for one in triggers)
    looks, sees = "CAMERA_MOTION and CAMERA_CONFIRM are off", camera.is_watched
    model = camera.model is not None
    for name, is_set, has_effect, reason in (
        ("CAMERA_ZONES", camera.zones, sees, looks),
        ("CAMERA_MASKS", camera.masks, sees, looks),
        ("CAMERA_SUBSTREAM", camera.substream, sees, looks),
        ("CAMERA_UNCONFIRMED", camera.keeps_unconfirmed, camera.confirms, "CAMERA_CONFIRM is off"),
        ("CAMERA_PHOTOS_BEFORE", camera.photos_before, is_triggered, NO_MOMENT),
        ("CAMERA_PHOTOS_AFTER", camera.photos_after, is_triggered, NO_MOMENT),
        ("CAMERA_DETECT_LABELS", camera.model_labels, model, "CAMERA_DETECT is off"),
        ("CAMERA_DETECT_SIZE", camera.model_size, model, "CAMERA_DETECT is off"),
    ):
        if is_set and not has_effect:
            yield f"{name}: has no effect on {camera.name}: {reason}"
