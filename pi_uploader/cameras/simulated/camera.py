"""The simulated camera: it shows a garden gate at dusk, where a fox and a person pass."""

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import BytesIO

from photo_wire.media import Media
from pi_uploader.cameras.camera import VIEW_WIDTH, CaptureContext, Shot
from pi_uploader.cameras.media.exif import with_exif
from pi_uploader.cameras.media.preview import VIEW_QUALITY, draw_preview, with_preview
from pi_uploader.motion.frame import FRAME_SIZE, FRAMES_PER_SECOND, Frame
from pi_uploader.settings import SettingsError

SENSOR_NOISE = 2.0  # standard deviation of a frame's pixels, which have 256 levels


class SimulatedCamera:
    """Draws what the camera called `name` would see. `now` returns the time in UTC; the same time
    returns the same photo. A clip begins `pre_roll` seconds before its trigger. `is_watched`:
    motion is looked for in its frames, so that visits have pauses between them.

    Raises SettingsError if Pillow, which draws, is not installed.
    """

    max_delay = 0.0  # it draws the moment that it says

    def __init__(
        self,
        name: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        pre_roll: float = 0.0,
        is_watched: bool = False,
    ) -> None:
        try:
            import PIL  # noqa: F401
        except ImportError as error:
            raise SettingsError(
                [
                    "CAMERA_SOURCE: 'simulated' needs Pillow, which is not installed; run "
                    "pip install '.[simulated]' in Nightjar's folder, or set CAMERA_REPLAY to a "
                    "folder of pictures"
                ]
            ) from error
        self._name = name
        self._now = now
        self._pre_roll = pre_roll
        self._is_watched = is_watched
        self._stop = threading.Event()
        self._drawing = threading.Lock()  # two pictures at once would take 8 MB more

    def take(self, context: CaptureContext) -> Shot:
        """Return a JPEG of 1280 x 720 pixels."""
        return self._draw_photo(context, self._now())

    def take_at(self, context: CaptureContext, at: float) -> Shot:
        """Return a JPEG of what the camera saw at this moment (monotonic seconds)."""
        return self._draw_photo(context, self._now() - timedelta(seconds=time.monotonic() - at))

    def remembers(self, at: float) -> bool:
        """Return whether it can draw the moment `at`: always."""
        return True

    def _draw_photo(self, context: CaptureContext, moment: datetime) -> Shot:
        from pi_uploader.cameras.simulated.scene import draw

        file = BytesIO()
        with self._drawing:
            draw(moment, self._name, self._is_watched).save(file, "JPEG", quality=85)
            photo = file.getvalue()
            whole = with_preview(with_exif(photo, context), lambda: draw_preview(photo))
        return Shot(whole, Media.JPEG)

    def preview(self) -> bytes:
        """Return the scene of now, small."""
        from PIL import Image

        from pi_uploader.cameras.simulated.scene import draw

        file = BytesIO()
        with self._drawing:
            picture = draw(self._now(), self._name, self._is_watched)
            picture.thumbnail((VIEW_WIDTH, VIEW_WIDTH), Image.Resampling.BILINEAR)
            picture.save(file, "JPEG", quality=VIEW_QUALITY)
        return file.getvalue()

    def frames(self, stop: threading.Event) -> Iterator[Frame]:
        """Yield the scene of now, small and grey, with the noise of a sensor, until `stop` is set.
        Fireflies drown in it, which are motion otherwise (decision 161)."""
        import numpy as np

        from pi_uploader.cameras.simulated.scene import HEIGHT, WIDTH, draw

        shrinking = (WIDTH // FRAME_SIZE[0], HEIGHT // FRAME_SIZE[1])
        due = time.monotonic()
        while not stop.wait(max(0.0, due - time.monotonic())):
            at = time.monotonic()
            moment = self._now()
            with self._drawing:
                small = draw(moment, self._name, self._is_watched).reduce(shrinking).convert("L")
            noise = np.random.default_rng(int(moment.timestamp() * 1000))
            levels = np.asarray(small) + noise.normal(0, SENSOR_NOISE, small.size[::-1])
            yield Frame(levels.round().clip(0, 255).astype(np.uint8), at)
            due = max(due + 1 / FRAMES_PER_SECOND, at)

    @property
    def records_clips(self) -> bool:
        """Whether ffmpeg, which encodes them, is installed."""
        return shutil.which("ffmpeg") is not None

    def take_clip(self, context: CaptureContext, seconds: float) -> Shot:
        """Return a clip of the pre-roll and the `seconds` that begin now, drawn at once. Raises
        CameraError, also if ffmpeg is not installed."""
        from pi_uploader.cameras.simulated.clip import record

        begin = self._now() - timedelta(seconds=self._pre_roll)
        duration = self._pre_roll + seconds
        return Shot(record(self._name, begin, duration, self._stop, self._is_watched), Media.MP4)

    def stop_recording(self) -> None:
        """End a clip now."""
        self._stop.set()

    def close(self) -> None:
        """Do nothing: nothing is open."""
