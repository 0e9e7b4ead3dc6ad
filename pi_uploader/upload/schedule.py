"""When and what to send next: pure functions of what is passed in, time and chance included."""

from collections.abc import Callable

LONGEST_WAIT = 120.0  # seconds; also how long a site is dark at most after its network returns
LONGEST_RETRY_AFTER = 3600.0  # seconds; a server that asks for more is asked again after an hour
BACKLOG_TURN = 4


def takes_oldest(turn: int) -> bool:
    """Whether the photo sent at this turn (0, 1, 2, ...) is the oldest rather than the newest.

    What just happened matters most, so the newest goes first; every fourth turn goes to the
    backlog, which so drains however many fresh photos come.
    """
    return turn % BACKLOG_TURN == BACKLOG_TURN - 1


def back_off(failures: int, retry_after: float | None, chance: Callable[[], float]) -> float:
    """The seconds to leave the backend alone after `failures` (1, 2, ...) in a row.

    Full jitter: anything up to a limit that doubles with each failure, so that many devices do not
    come back at once. `retry_after` is the server's wish, kept within an hour; `chance` gives a
    number from 0 to 1.
    """
    limit = min(LONGEST_WAIT, 2.0 ** min(failures, 20))
    return max(1.0, limit * chance(), min(retry_after or 0.0, LONGEST_RETRY_AFTER))
