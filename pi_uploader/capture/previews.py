"""Small pictures of now, for whoever looks, at a bounded rate."""

import threading

from pi_uploader.cameras import CameraError, Viewfinder
from pi_uploader.clock import SYSTEM_CLOCK, Clock

REST_SECONDS = 0.2  # after a preview; who asks meanwhile gets it, too


class Previews:
    """The previews of one camera. However many ask, one is made at a time, and at most five a
    second."""

    def __init__(self, camera: object, clock: Clock = SYSTEM_CLOCK) -> None:
        self._camera = camera
        self._clock = clock
        self._lock = threading.Lock()
        self._picture = b""
        self._made_at = float("-inf")

    @property
    def is_possible(self) -> bool:
        """Whether the camera can show previews at all."""
        return isinstance(self._camera, Viewfinder)

    def latest(self) -> bytes:
        """Return a JPEG that is REST_SECONDS old at most. Raises CameraError."""
        if not isinstance(self._camera, Viewfinder):
            raise CameraError("this camera shows no live picture")
        with self._lock:
            if self._clock.monotonic() - self._made_at >= REST_SECONDS:
                self._picture = self._camera.preview()
                self._made_at = self._clock.monotonic()
            return self._picture
