"""What cannot be together in the settings of one camera."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from photo_wire.media import Media
from pi_uploader import board
from pi_uploader.motion.zones import Zones
from pi_uploader.settings.camera_values import IN_CAMERA_SUFFIX, MAX_PRE_ROLL_SECONDS
from pi_uploader.settings.source import Source

FORMATS = {
    "simulated": (Media.JPEG,),
    "picamera2": (Media.JPEG, Media.DNG, Media.MP4),
    "rtsp": (Media.JPEG, Media.MP4),
    "usb": (Media.JPEG, Media.MP4),
}
"""The kinds of camera, and what each can take."""


def contradictions(values: Mapping[str, Any], source: Source) -> list[str]:
    """Return a line for each contradiction between the settings of one camera. `values` has those
    that are right one by one, by the names of their fields."""

    def location(*names: str) -> str:
        return ", ".join(map(source.location, names))

    kind, format_ = values.get("source"), values.get("format")
    problems = []
    if values.get("pir_pin") is not None and values.get("pir_pin") == values.get("pin"):
        problems.append(f"{location('PIR_PIN', 'CAMERA_PIN')}: are the same pin; expected two")
    if kind == "rtsp" and values.get("url", 0) is None:
        problems.append(
            f"{location('CAMERA_URL')}: is not set; must be rtsp://HOST/PATH for a camera of kind "
            "rtsp"
        )
    if values.get("transport") == "udp" and (values.get("url") or "").startswith("rtsps:"):
        problems.append(
            f"{location('CAMERA_TRANSPORT')}: must be tcp, because udp encrypts nothing, and "
            "CAMERA_URL is rtsps"
        )
    if values.get("replay") and kind not in (None, "simulated"):
        problems.append(
            f"{location('CAMERA_REPLAY')}: must not be set for a camera of kind {kind}, only for "
            "simulated"
        )
    if kind == "picamera2":
        problems += _size_problems(values, location("CAMERA_SIZE"))
    problems += _motion_problems(values, location)
    problems += _detection_problems(values, location)
    problems += _moment_problems(values, location)
    if kind and format_ and format_ not in FORMATS[kind]:
        able = " or ".join(one.name.lower() for one in FORMATS[kind])
        problems.append(
            f"{location('CAMERA_FORMAT')}: must be {able} for a camera of kind {kind}, not "
            f"{format_.name.lower()}"
        )
    return problems


def _motion_problems(values: Mapping[str, Any], location: Callable[..., str]) -> Iterator[str]:
    """Yield what contradicts the settings of motion in the picture."""
    if values.get("motion") and values.get("replay"):
        yield (
            f"{location('CAMERA_MOTION')}: must be off for a camera that replays a folder "
            "(CAMERA_REPLAY): nothing moves in its pictures"
        )
    if values.get("confirms") and (values.get("pir_pin", 0), values.get("pin", 0)) == (None, None):
        yield (
            f"{location('CAMERA_CONFIRM')}: must be off for a camera with neither PIR_PIN nor "
            "CAMERA_PIN: it has no trigger to confirm"
        )
    if values.get("confirms") and values.get("replay"):
        yield (
            f"{location('CAMERA_CONFIRM')}: must be off for a camera that replays a folder "
            "(CAMERA_REPLAY): its pictures do not show its triggers"
        )
    try:
        Zones(values.get("zones", ()), values.get("masks", ()))
    except ValueError:
        yield (
            f"{location('CAMERA_MASKS')}: must leave a part of the picture (of CAMERA_ZONES, if "
            "that is set) in which motion counts"
        )


def _detection_problems(values: Mapping[str, Any], location: Callable[..., str]) -> Iterator[str]:
    """Yield what contradicts the settings of what is in photos."""
    model = values.get("model")
    if model is None:
        return
    sees_motion = values.get("motion") or values.get("confirms")
    if (
        not sees_motion
        and {"motion", "confirms"} <= values.keys()
        and values.get("pir_pin", 0) is None
    ):
        yield (
            f"{location('CAMERA_DETECT')}: must be off for a camera with neither PIR_PIN nor "
            "CAMERA_MOTION nor CAMERA_CONFIRM: a model looks at photos of motion alone"
        )
    if model.suffix == IN_CAMERA_SUFFIX and values.get("source", "picamera2") != "picamera2":
        yield (
            f"{location('CAMERA_DETECT')}: must not be imx500 or a .rpk file for a camera of kind "
            f"{values['source']}, only for picamera2"
        )


def _moment_problems(values: Mapping[str, Any], location: Callable[..., str]) -> Iterator[str]:
    """Yield what contradicts the settings of what is shown from before and after a trigger."""
    kind, replay = values.get("source"), values.get("replay")
    if kind not in (None, "picamera2") and values.get("preroll", 0) > MAX_PRE_ROLL_SECONDS:
        yield (
            f"{location('CAMERA_PREROLL')}: must be at most {MAX_PRE_ROLL_SECONDS}s for a camera "
            f"of kind {kind}"
        )
    if values.get("photos_before") and (kind == "picamera2" or replay):
        reason = "one that replays a folder" if replay else "one of kind picamera2"
        yield (
            f"{location('CAMERA_PHOTOS_BEFORE')}: must be 0 for {reason}: it has no whole pictures "
            "from before a trigger"
        )
    for name, field in (
        ("CAMERA_PHOTOS_BEFORE", "photos_before"),
        ("CAMERA_PHOTOS_AFTER", "photos_after"),
    ):
        if values.get(field) and values.get("format") is Media.MP4:
            yield f"{location(name)}: must be 0 for clips, which have CAMERA_PREROLL instead"
        if values.get(field) and values.get("burst", 1) > 1:
            yield f"{location(name)}: must be 0 with a CAMERA_BURST of more than 1"
    url, substream = values.get("url"), values.get("substream")
    if substream and kind not in (None, "rtsp"):
        yield f"{location('CAMERA_SUBSTREAM')}: must not be set for a camera of kind {kind}"
    elif substream and url and _origin(substream) != _origin(url):
        yield (
            f"{location('CAMERA_SUBSTREAM')}: must begin with the same rtsp://HOST or rtsps://HOST "
            "as CAMERA_URL, because it gets the same password"
        )


def _origin(url: str) -> tuple[str, str | None]:
    """Return the scheme and the host of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname


def _size_problems(values: Mapping[str, Any], location: str) -> Iterator[str]:
    """Yield what the Pi's camera or this board's encoder cannot do."""
    size = values.get("size")
    if size is None:
        return
    if size[0] % 2 or size[1] % 2:
        yield f"{location}: must be even numbers of pixels for the Pi's camera, such as 1920x1080"
    is_too_wide = size[0] > board.MAX_CLIP_WIDTH and values.get("format") is Media.MP4
    if is_too_wide and board.has_hardware_encoder():
        yield (
            f"{location}: must be at most {board.MAX_CLIP_WIDTH} pixels wide for a clip, such as "
            f"1920x1080: the encoder of this board ({board.model()}) cannot do {size[0]}"
        )
