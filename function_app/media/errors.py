"""Why a photo cannot be accepted, decoded or redacted."""


class InvalidPhotoError(ValueError):
    """The bytes are not a whole photo. The text continues the sentence "The body ..."."""


class NotAPhotoError(InvalidPhotoError):
    """The bytes are not a photo of a supported format."""


class TruncatedError(InvalidPhotoError):
    """The bytes begin like a photo, and its end is missing."""


class NotRedactableError(ValueError):
    """The photo is built in a way that does not allow removing its metadata with certainty."""


class UndecodableError(Exception):
    """No thumbnail can be made of this picture, now or later."""
