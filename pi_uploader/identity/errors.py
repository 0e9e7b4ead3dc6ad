"""Why a device cannot sign its requests."""

from pi_uploader.errors import NightjarError


class IdentityError(NightjarError):
    """There is no usable key. The text says why and never has a part of the key."""


class NoKeyError(IdentityError):
    """There is no key yet."""
