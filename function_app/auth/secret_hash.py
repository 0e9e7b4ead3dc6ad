"""What is kept of a secret that was made here: enough to know it again, and not to say it.

It is long and random, so one round of SHA-256 will do, unlike for a password (passwords.py).
"""

import hashlib


def hash_secret(secret: str) -> str:
    """64 hexadecimal digits; of any text that a client may send, half a surrogate pair too."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()
