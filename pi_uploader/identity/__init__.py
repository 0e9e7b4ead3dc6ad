"""The device's identity: its name and key, and the signatures of its requests."""

from pi_uploader.identity.errors import IdentityError, NoKeyError
from pi_uploader.identity.identity import Identity, SigningKey

__all__ = ["Identity", "IdentityError", "NoKeyError", "SigningKey"]
