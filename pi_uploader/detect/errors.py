"""The error of a model."""

from pi_uploader.errors import NightjarError


class ModelError(NightjarError):
    """A model cannot be used; the text says why. Photos are uploaded without its labels."""

    hint = "docs/detection.md says which models fit; photos are uploaded without labels meanwhile"
