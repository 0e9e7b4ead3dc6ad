"""The error of a model."""

from photo_wire.errors import printable
from pi_uploader.errors import NightjarError


class ModelError(NightjarError):
    """A model cannot be used; the text says why. Photos are uploaded without its labels. The text
    has what runtimes quote of the model, such as the name of an operator, as a log may show it."""

    hint = "docs/detection.md says which models fit; photos are uploaded without labels meanwhile"

    def __init__(self, text: str) -> None:
        super().__init__(printable(text))


def first_line(error: Exception) -> str:
    """Return the first line of what a runtime says, or the name of its error."""
    return (str(error) or type(error).__name__).splitlines()[0][:300]
