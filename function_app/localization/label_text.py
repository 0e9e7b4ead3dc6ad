"""The words for what models find in photos, in the viewer's language."""

from function_app.localization.translation import Translation

COMMON_LABELS = (
    *("animal", "bicycle", "bird", "bus", "car", "cat", "cow", "dog", "face", "horse"),
    *("motorcycle", "package", "person", "sheep", "truck", "unknown", "vehicle"),
)
"""Those that many models have, and that of a photo at which none looked."""


def label_text(t: Translation, word: str) -> str:
    """Say a label; as the model does if it is not one of COMMON_LABELS."""
    return t(f"word.{word}") if word in COMMON_LABELS else word


def label_of_text(t: Translation, text: str) -> str:
    """Return the label that a person typed: one of COMMON_LABELS, whose text this is in the
    viewer's language, or else the text itself."""
    typed = text.strip().casefold()
    return next((one for one in COMMON_LABELS if label_text(t, one).casefold() == typed), text)
