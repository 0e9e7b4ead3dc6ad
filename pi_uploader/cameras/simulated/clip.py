"""Clips of the simulated camera: its scene, drawn a few times a second, encoded by ffmpeg."""

import threading
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pi_uploader.cameras.camera import CameraError
from pi_uploader.cameras.ffmpeg import Stream, record_clip, require_ffmpeg
from pi_uploader.cameras.simulated.scene import draw
from pi_uploader.settings import SettingsError

FRAMES_PER_SECOND = 5
ENCODER_OPTIONS = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-an")


def record(
    camera: str, start: datetime, seconds: float, stop: threading.Event, is_watched: bool
) -> bytes:
    """Return an MP4 of what the camera sees in the `seconds` from `start` on; fewer once `stop` is
    set. `is_watched`: see SimulatedCamera. Raises CameraError."""
    try:
        require_ffmpeg("simulated")
    except SettingsError as error:
        raise CameraError(f"clips need ffmpeg: {error}") from None
    with TemporaryDirectory(prefix="nightjar-") as folder:
        for number in range(max(1, round(seconds * FRAMES_PER_SECOND))):
            if stop.is_set():
                raise CameraError("the clip was stopped before it was drawn")
            moment = start + timedelta(seconds=number / FRAMES_PER_SECOND)
            picture = draw(moment, camera, is_watched)
            picture.save(Path(folder, f"{number:03d}.jpg"), "JPEG", quality=85)
        pictures = ("-framerate", f"{FRAMES_PER_SECOND}", "-i", str(Path(folder, "%03d.jpg")))
        stream = Stream(input_options=pictures, stop=stop)
        return record_clip(stream, seconds, ENCODER_OPTIONS)
