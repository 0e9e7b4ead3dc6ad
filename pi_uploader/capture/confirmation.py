"""What becomes of a photo for whose trigger the picture has to show motion (CAMERA_CONFIRM).

It is taken and stored at once, but held: a second later, or four with a network camera, the
picture has decided what it is worth.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field

from photo_wire.motion import Motion
from photo_wire.name import PhotoName
from pi_uploader.cameras import CaptureContext, Shot
from pi_uploader.capture.judge import Judge, Judgement
from pi_uploader.capture.stubs import make_stub, preview_of
from pi_uploader.spool import PhotoInfo, Spool, SpooledPhoto
from pi_uploader.spool.replay import ReplaySet

MAX_WAIT_SECONDS = 1.0  # after the frames that decide; a picture that hangs decides nothing
POLL_SECONDS = 0.2  # between two looks whether it is decided

log = logging.getLogger("capture")


@dataclass(frozen=True, slots=True)
class HeldPhoto:
    """A photo that is held in the spool, the preview that it contains, and what its stub says."""

    photo: SpooledPhoto
    preview: bytes | None = field(repr=False)
    context: CaptureContext


@dataclass
class Undecided:
    """A trigger that the picture has not confirmed yet, and its photos. `motion` is what it has
    decided in the end; `is_stub`: nothing is left but the stub of its first photo, and the others
    are `removed`. `photo_before` and `last_photo`: when the camera took the photo before, and its
    own last one (monotonic seconds).
    """

    judgement: Judgement
    photo_before: float
    last_photo: float | None = None
    photos: list[HeldPhoto] = field(default_factory=list)
    motion: Motion | None = None
    is_stub: bool = False
    removed: int = 0

    @property
    def is_without_motion(self) -> bool:
        """Whether the picture showed that nothing moved."""
        return self.motion == Motion()


class Confirmation:
    """The photos of one camera that are held. `keeps_whole`: a photo without motion stays whole,
    and only says so. Only for the camera's thread."""

    def __init__(self, judge: Judge, spool: Spool, keeps_whole: bool) -> None:
        self._judge = judge
        self._spool = spool
        self._keeps_whole = keeps_whole
        self._replay = ReplaySet(spool.folder)
        self._undecided: list[Undecided] = []

    @property
    def wait_seconds(self) -> float:
        """How long to wait at most before the next `settle`."""
        return POLL_SECONDS if self._undecided else float("inf")

    def begin(self, moment: float, photo_before: float) -> Undecided:
        """Ask whether there is motion around a trigger at `moment` (monotonic seconds)."""
        undecided = Undecided(self._judge.ask(moment), photo_before)
        self._undecided.append(undecided)
        return undecided

    def hold(
        self, undecided: Undecided, shot: Shot, info: PhotoInfo, context: CaptureContext
    ) -> None:
        """Store a photo of this trigger, and hold it. Raises SpoolError if it is lost."""
        held = self._spool.hold(shot.content, info)
        undecided.photos.append(HeldPhoto(held, preview_of(shot), context))

    def settle(self, now: float) -> Iterator[Undecided]:
        """Release or replace the photos of which it is known by `now` (monotonic seconds) what they
        are worth, and yield each trigger. Infinity for `now` decides all of them."""
        for one in list(self._undecided):
            if one.judgement.is_decided or now >= one.judgement.end + MAX_WAIT_SECONDS:
                self._undecided.remove(one)
                self._decide(one)
                yield one

    def _decide(self, one: Undecided) -> None:
        one.motion = one.judgement.motion if one.judgement.is_decided else None
        if not one.photos:
            return
        own, *further = one.photos
        makes_stub = one.is_without_motion and not self._keeps_whole
        one.is_stub = self._finish(own, one.motion, makes_stub)
        left = [own.photo.name]
        for held in further:
            if one.is_stub and self._remove(held):
                one.removed += 1
            else:
                self._finish(held, _motion_in(held, own, one.motion), makes_stub=False)
                left.append(held.photo.name)
        if one.is_without_motion:
            self._keep_frames(left, one.judgement)

    def _remove(self, held: HeldPhoto) -> bool:
        """Remove a further photo of a trigger that has its stub; return whether it is gone."""
        try:
            self._spool.remove_held(held.photo)
        except OSError as error:
            log.error("%s stays, although it shows no motion: %s", held.photo.name, error.strerror)
            return False
        log.info("%s shows no motion, and is removed: the stub stands for it", held.photo.name)
        return True

    def _finish(self, held: HeldPhoto, motion: Motion | None, makes_stub: bool) -> bool:
        """Let a photo be uploaded; return whether it is a stub now."""
        name = held.photo.name
        if makes_stub and held.preview:
            try:
                stub = self._spool.replace_by_stub(
                    held.photo, make_stub(held.preview, held.context)
                )
            except Exception as error:  # noqa: BLE001  a disk, or Pillow: the photo stays whole
                log.error("%s cannot be made a stub: %s", name, error)
            else:
                log.info("%s shows no motion, and is a stub of %d bytes now", name, stub.size)
                return True
        elif makes_stub:
            log.info("%s shows no motion, and stays whole: it contains no preview", name)
        try:
            self._spool.release(held.photo, motion)
        except OSError as error:
            log.error("%s waits for the next start: %s", name, error.strerror)
        return False

    def _keep_frames(self, names: list[PhotoName], judgement: Judgement) -> None:
        try:
            self._replay.add(names, judgement.frames, judgement.moment)
        except Exception as error:  # noqa: BLE001  a disk, or numpy: only a person's replay lacks them
            log.warning("the frames of %s are not kept: %s", names[0], error)


def _motion_in(held: HeldPhoto, own: HeldPhoto, motion: Motion | None) -> Motion | None:
    """Return what is known of the motion in a further photo, given that in the trigger's `own`. One
    of the seconds before shows an earlier scene: nobody knows what moved in it."""
    is_before = held.photo.name.captured_at < own.photo.name.captured_at
    return None if is_before and motion and motion.box else motion
