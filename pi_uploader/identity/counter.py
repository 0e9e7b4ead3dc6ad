"""The counter in the signatures of a device's requests.

device-counter   in the spool's folder: a number that no request has had, nor any above it
"""

import logging
import re
import threading
from pathlib import Path

from photo_wire.signature import MAX_COUNTER
from pi_uploader.identity.errors import IdentityError
from pi_uploader.identity.key_file import KEY_FILE
from pi_uploader.spool.disk import Disk, replace_durably

COUNTER_FILE = "device-counter"
BLOCK = 1000  # numbers that are reserved with one write to the disk

log = logging.getLogger("identity")


class Counter:
    """Numbers that only grow, also across power cuts and between processes: a block of them is
    reserved on the disk before the first of it is used.

    While the disk takes nothing, numbers are used unreserved. After a restart the backend may have
    seen them, and says above which it expects the next one.
    """

    def __init__(self, folder: Path, disk: Disk) -> None:
        self._path = folder / COUNTER_FILE
        self._disk = disk
        self._lock = threading.Lock()
        self._next = 1
        self._reserved = 0  # the end of the block: the first number that is not reserved
        self._logged: set[str] = set()

    def take(self) -> int:
        """Return the next number. Raises IdentityError if there is none: after 2**53."""
        with self._lock:
            if self._next >= self._reserved:
                self._reserve()
            number = self._next
            self._next += 1
            return number

    def jump_above(self, number: int) -> bool:
        """Have the next number above this one. Return whether it is: too high a number would leave
        none for later."""
        with self._lock:
            if number > MAX_COUNTER - BLOCK:
                return False
            if number >= self._next:
                self._next = number + 1
            return True

    def _reserve(self) -> None:
        # Another process may have reserved numbers meanwhile, such as the doctor.
        self._next = max(self._next, self._read())
        end = self._next + BLOCK
        if end > MAX_COUNTER + 1:
            raise IdentityError(
                f"the counter is used up; remove {KEY_FILE} and {COUNTER_FILE}, and a new key is "
                "made, which the owner has to approve"
            )
        try:
            replace_durably(self._path, f"{end}\n".encode(), self._disk)
        except OSError as error:
            self._log_once(f"{self._path} cannot be written: {error.strerror}")
        self._reserved = end

    def _read(self) -> int:
        try:
            with self._disk.open(self._path) as file:
                content = file.read(32).strip()
        except FileNotFoundError:
            return 0
        except OSError as error:
            self._log_once(f"{self._path} cannot be read: {error.strerror}")
            return 0
        if re.fullmatch(rb"[0-9]{1,16}", content) and int(content) <= MAX_COUNTER + 1:
            return int(content)
        self._log_once(f"{self._path} is damaged; the backend says where to go on")
        return 0

    def _log_once(self, problem: str) -> None:
        if problem not in self._logged:
            self._logged.add(problem)
            log.error("%s", problem)
