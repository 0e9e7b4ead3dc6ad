"""Ed25519 (RFC 8032) by the OpenSSL that Python's own ssl module has loaded.

The package `cryptography` does the same with 6 to 8 MB of memory more, and has no wheel for every
Pi (docs/decisions/0068). The functions are those of EVP_PKEY_new_raw_private_key(3ssl) and
EVP_DigestSign(3ssl), in OpenSSL since 1.1.1. Importing this module raises ImportError if Python has
no OpenSSL as a library of its own.
"""

import _ssl
import ctypes
from ctypes import POINTER, c_char_p, c_int, c_size_t, c_void_p

SEED_BYTES, KEY_BYTES, SIGNATURE_BYTES = 32, 32, 64
_NID_ED25519 = 1087  # EVP_PKEY_ED25519, of openssl/obj_mac.h


class PrivateKey:
    """A private key. Threads share it; it is never freed, since a process has one."""

    def __init__(self, seed: bytes) -> None:
        if len(seed) != SEED_BYTES:
            raise ValueError(f"a private key has {SEED_BYTES} bytes, not {len(seed)}")
        self._key = _require(_new_private_key(_NID_ED25519, None, seed, SEED_BYTES))
        buffer, size = ctypes.create_string_buffer(KEY_BYTES), c_size_t(KEY_BYTES)
        _require(_get_public_key(self._key, buffer, size))
        self.public_key = buffer.raw

    def sign(self, message: bytes) -> bytes:
        """Return the signature of a message: 64 bytes. Raises OSError if OpenSSL fails."""
        context = _require(_new_context())
        try:
            _require(_sign_init(context, None, None, None, self._key))
            buffer, size = ctypes.create_string_buffer(SIGNATURE_BYTES), c_size_t(SIGNATURE_BYTES)
            _require(_sign(context, buffer, size, message, len(message)))
            return buffer.raw
        finally:
            _free_context(context)


def _require(result: int | None) -> int:
    """Return a result of OpenSSL. Raises OSError if it says that the call failed."""
    if result is None or result <= 0:
        raise OSError(0, "OpenSSL cannot sign with Ed25519")
    return result


def _load() -> ctypes.CDLL:
    """Return the library of the ssl module, through which the functions of OpenSSL are found."""
    try:
        return ctypes.CDLL(_ssl.__file__)
    except (AttributeError, OSError):  # ssl is built into Python
        raise ImportError("Python has no OpenSSL as a library of its own") from None


def _function(name: str, result: type | None, *arguments: type) -> "ctypes._NamedFuncPointer":
    try:
        function = _LIBRARY[name]
    except AttributeError:
        raise ImportError(f"Python's OpenSSL has no {name}") from None
    function.restype, function.argtypes = result, arguments
    return function


_LIBRARY = _load()
_new_private_key = _function(
    "EVP_PKEY_new_raw_private_key", c_void_p, c_int, c_void_p, c_char_p, c_size_t
)
_get_public_key = _function(
    "EVP_PKEY_get_raw_public_key", c_int, c_void_p, c_char_p, POINTER(c_size_t)
)
_new_context = _function("EVP_MD_CTX_new", c_void_p)
_free_context = _function("EVP_MD_CTX_free", None, c_void_p)
_sign_init = _function(
    "EVP_DigestSignInit", c_int, c_void_p, c_void_p, c_void_p, c_void_p, c_void_p
)
_sign = _function(
    "EVP_DigestSign", c_int, c_void_p, c_char_p, POINTER(c_size_t), c_char_p, c_size_t
)
