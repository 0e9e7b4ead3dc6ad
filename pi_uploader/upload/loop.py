"""The upload process: from the spool to the backend, one photo at a time."""

import logging
import random
import threading
from collections.abc import Callable

from pi_uploader.settings import UploadSettings

from pi_uploader.spool import DamagedPhotoError, Spool, SpooledPhoto
from pi_uploader.upload.delivery import Delivery, RejectedError, UnavailableError
from pi_uploader.upload.schedule import back_off, takes_oldest

IDLE = 0.5  # seconds between looks into an empty spool

log = logging.getLogger("upload")


class Uploader:
    """What the upload process knows besides the spool: how things went lately.

    A photo that the backend rejects is tried again after another one was accepted, and set aside
    if it is rejected then too. So a backend that rejects everything for a while condemns nothing.
    """

    def __init__(
        self, spool: Spool, delivery: Delivery, chance: Callable[[], float] = random.random
    ) -> None:
        self._spool = spool
        self._delivery = delivery
        self._chance = chance
        self._turn = 0
        self._failures = 0
        self._accepted = 0
        self._rejected: dict[str, int] = {}  # id -> how many were accepted when it was rejected

    def step(self) -> float:
        """Send one photo if one waits; return the seconds to wait before the next step."""
        photo = self._choose()
        if photo is None:
            return IDLE
        try:
            self._send(photo)
        except FileNotFoundError:
            pass  # another process has just taken the photo away
        except DamagedPhotoError as error:
            self._spool.set_aside(photo, "damaged")
            log.error("photo set aside as damaged: %s", error)
        except RejectedError as error:
            return self._rejection(photo, error)
        except UnavailableError as error:
            self._failures += 1
            wait = back_off(self._failures, error.retry_after, self._chance)
            log.warning(
                "%s not delivered: the backend %s; next try in %.0f s", photo.name, error, wait
            )
            return wait
        return 0.0

    def _choose(self) -> SpooledPhoto | None:
        pick = self._spool.oldest if takes_oldest(self._turn) else self._spool.newest
        suspects = {name for name, seen in self._rejected.items() if seen == self._accepted}
        return pick(suspects) or pick()

    def _send(self, photo: SpooledPhoto) -> None:
        with self._spool.open(photo) as body:
            receipt = self._delivery.send(photo, body)
        self._spool.remove(photo)
        log.info(
            "photo delivered %s %d bytes, received %s",
            photo.name,
            receipt.size,
            receipt.received_at.isoformat(),
        )
        self._turn += 1
        self._failures = 0
        self._accepted += 1
        self._rejected.pop(str(photo.name), None)

    def _rejection(self, photo: SpooledPhoto, error: RejectedError) -> float:
        self._failures += 1
        seen = self._rejected.get(str(photo.name))
        if seen is not None and seen < self._accepted:
            del self._rejected[str(photo.name)]
            self._spool.set_aside(photo, f"rejected-{error.status}")
            log.error("photo set aside %s: %s", photo.name, error)
            return 0.0
        self._rejected[str(photo.name)] = self._accepted
        wait = back_off(self._failures, None, self._chance)
        log.warning(
            "%s %s; it waits until another photo was accepted; next try in %.0f s",
            photo.name,
            error,
            wait,
        )
        return wait


def run_upload(settings: UploadSettings, stop: threading.Event) -> int:
    """Upload from the spool until `stop` is set. Returns the process's exit code."""
    uploader = Uploader(Spool(settings.spool), Delivery(settings.base_url, settings.function_key))
    while not stop.is_set():
        stop.wait(uploader.step())
    return 0
