"""The partitions and row keys of the records about people: the tables `people` and `accesses`.

Secrets are kept as hashes: the key of a session, a device cookie or a token is the hash of its
secret, the key of a link the beginning of that hash.
"""

import hashlib
import re
from datetime import datetime

from function_app.storage.row_keys import count_down

USERS = "people"
TOKENS = "tokens"
LINKS = "shares"
LINK_FORMS = "share-forms"  # by link: the form by which it was made, for some days
LOGIN_ATTEMPTS = "attempts"
AUDIT_LOG = "accesses"
PLACES = "places"  # by person: where they signed in
PASSKEYS = "passkeys"
CHALLENGES = "challenges"  # of passkeys, until they are answered
TOTP = "totp"  # by person: the secret of their authenticator app

AUDIT_KEY = re.compile(r"[0-9]{15}~[0-9a-f]{8}(?:[0-9a-f]{8})?")


def sessions_of(user: str) -> str:
    """Return the partition of a person's sessions."""
    return f"sessions~{user}"


def device_cookies_of(user: str) -> str:
    """Return the partition of a person's device cookies."""
    return f"browsers~{user}"


def link_key(secret_hash: str) -> str:
    """Return the key of the link whose secret has this hash."""
    return secret_hash[:32]


def attempt_key(kind: str, identity: str) -> str:
    """Return the key of a count of wrong passwords: those of one `kind` of `identity`, such as an
    address. It holds a hash of the identity, so that no address is stored in full."""
    digest = hashlib.sha256(identity.encode(errors="surrogatepass")).hexdigest()
    return f"{kind}~{digest[:32]}"


def audit_key(moment: datetime, tag: str) -> str:
    """Return the key of an entry of the audit log, newest first. The `tag` tells apart the entries
    of one millisecond: eight random hex digits, or sixteen that depend on the entry."""
    return f"{audit_keys_from(moment)}~{tag}"


def audit_tag(key: str) -> str:
    """Return the tag in the key of an entry of the audit log."""
    return key.rpartition("~")[2]


def audit_keys_from(moment: datetime) -> str:
    """Return the key before those of the entries written at this moment or earlier."""
    return count_down(moment)
