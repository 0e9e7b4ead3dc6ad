"""The labels that go with photos, and how long a photo waits for them."""

from collections.abc import Mapping

from photo_wire.motion import UNKNOWN, Label
from pi_uploader.clock import Clock
from pi_uploader.spool import Spool, SpooledPhoto
from pi_uploader.spool.notification import is_detecting

MAX_WAIT_SECONDS = 1.5  # after a photo was put
LOOK_SECONDS = 0.1  # between two looks whether its labels are there


class PhotoLabels:
    """The labels of the photos of these cameras. `detectors` has each with whether its own network
    makes them; else another process does."""

    def __init__(self, spool: Spool, detectors: Mapping[str, bool], clock: Clock) -> None:
        self._spool = spool
        self._detectors = detectors
        self._clock = clock

    def wait_seconds(self, photo: SpooledPhoto) -> float:
        """Return after how many seconds to ask again whether to send a photo; 0 to send it now: its
        labels are there, or do not come any more."""
        if not self._gets_labels(photo) or self._spool.labels.get(photo) is not None:
            return 0.0
        try:
            age = self._clock.now().timestamp() - self._spool.waits_since(photo)
        except OSError:  # evicted a moment ago
            return 0.0
        if not 0 <= age < MAX_WAIT_SECONDS:  # below 0: the clock was set meanwhile
            return 0.0
        if not self._detectors[photo.name.camera] and not is_detecting(self._spool.folder):
            return 0.0
        return min(LOOK_SECONDS, MAX_WAIT_SECONDS - age)

    def of(self, photo: SpooledPhoto) -> tuple[Label, ...]:
        """Return what is known of a photo by now: UNKNOWN if nobody has looked at it."""
        if not self._gets_labels(photo):
            return ()
        labels = self._spool.labels.get(photo)
        return (UNKNOWN,) if labels is None else labels

    def remove(self, photo: SpooledPhoto) -> None:
        """Forget the labels of a photo that was delivered."""
        if self._gets_labels(photo):
            self._spool.labels.remove(photo)

    def _gets_labels(self, photo: SpooledPhoto) -> bool:
        return photo.name.camera in self._detectors and photo.is_of_motion
