"""Words that several commands and logs share."""

CLOCK_AWAITED = "photos wait up to 15 minutes for the network to set it, and are sent then"
CLOCK_NEXT_STEP = (
    "timedatectl status shows whether it is; where the clock is right without that (a clock chip, "
    "a PC, a container), set CAMERA_CLOCK=trusted"
)


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: `1 photo`, `2 photos`, `2 losses`."""
    if number == 1:
        return f"{number} {noun}"
    return f"{number} {noun}{'es' if noun.endswith('s') else 's'}"
