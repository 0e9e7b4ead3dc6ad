"""The two ways in which bytes fail to be a photo. Both texts continue "The body ..."."""


class NotAPhotoError(Exception):
    """The bytes are none of the three kinds."""


class CutShortError(Exception):
    """The bytes begin like a photo, and end before it does."""
