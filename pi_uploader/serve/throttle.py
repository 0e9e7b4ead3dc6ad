"""Wrong passwords: who guesses has to wait, and nobody else."""

import ipaddress
import threading
from dataclasses import dataclass

from pi_uploader.clock import SYSTEM_CLOCK, Clock

FREE_ATTEMPTS = 5  # of an address
FREE_ATTEMPTS_UNDER_ATTACK = 1
ATTACK = 50  # wrong passwords of all addresses together that count as an attack
MAX_WAIT_SECONDS = 900.0
FORGET_SECONDS = 3600.0  # after its last wrong password
MAX_ADDRESSES = 256


@dataclass(slots=True)
class _Attempts:
    wrong: int
    last: float  # in monotonic seconds
    wait: float  # seconds after `last`


class PasswordThrottle:
    """Counts wrong passwords by address; the addresses of one IPv6 network (/64) are one. After
    FREE_ATTEMPTS the address waits a second, then twice as long each time. While many addresses
    guess, each has one free attempt. An address that sent no wrong password never waits.

    The table is bounded: a further address takes the place of the one whose wait ends first.
    """

    def __init__(self, clock: Clock = SYSTEM_CLOCK) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._attempts: dict[str, _Attempts] = {}

    def wait(self, address: str) -> float:
        """Return for how many seconds this address may not try a password; 0 if it may."""
        with self._lock:
            found = self._attempts.get(_network(address))
            return max(0.0, found.last + found.wait - self._clock.monotonic()) if found else 0.0

    def count_wrong(self, address: str) -> None:
        """Count a wrong password."""
        now = self._clock.monotonic()
        with self._lock:
            self._forget(now)
            found = self._attempts.setdefault(_network(address), _Attempts(0, now, 0.0))
            found.wrong += 1
            found.last = now
            total = sum(one.wrong for one in self._attempts.values())
            free = FREE_ATTEMPTS_UNDER_ATTACK if total > ATTACK else FREE_ATTEMPTS
            excess = min(found.wrong - free, 20)
            found.wait = min(2.0**excess, MAX_WAIT_SECONDS) if excess >= 0 else 0.0

    def is_counting(self) -> bool:
        """Return whether a wrong password is not forgotten yet."""
        now = self._clock.monotonic()
        with self._lock:
            return any(now - one.last <= FORGET_SECONDS for one in self._attempts.values())

    def _forget(self, now: float) -> None:
        for network, one in list(self._attempts.items()):
            if now - one.last > FORGET_SECONDS:
                del self._attempts[network]
        if len(self._attempts) >= MAX_ADDRESSES:
            first = min(self._attempts, key=lambda one: self._end(self._attempts[one]))
            del self._attempts[first]

    def _end(self, attempts: _Attempts) -> float:
        return attempts.last + attempts.wait


def _network(address: str) -> str:
    """Return the network by which an address is counted."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped:
            return str(ip.ipv4_mapped)
        return str(ipaddress.ip_network((ip, 64), strict=False))
    return str(ip)
