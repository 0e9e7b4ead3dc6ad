"""How long to wait after failures, everywhere on the device."""


def backoff(failures: int, first: float, longest: float) -> float:
    """Return the seconds to wait after this many failures in a row: none after 0, `first` after
    one, doubled with each further one, never more than `longest`."""
    if failures < 1:
        return 0.0
    return min(first * 2.0 ** min(failures - 1, 60), longest)  # a larger power would overflow
