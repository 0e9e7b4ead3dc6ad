"""How readily motion is reported, in the three words of a setting. Without numpy, for settings."""

from enum import StrEnum


class Sensitivity(StrEnum):
    """LOW reports what is large and clear, HIGH also what is small, faint or short."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
