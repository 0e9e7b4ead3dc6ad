"""Counts in sentences."""


def counted(number: int, noun: str) -> str:
    """Return the number with its noun: `1 photo`, `2 photos`, `2 losses`."""
    if number == 1:
        return f"{number} {noun}"
    return f"{number} {noun}{'es' if noun.endswith('s') else 's'}"
