"""The key by which push services know this backend (VAPID, RFC 8292). It is made once, since each
subscription of a browser holds for one key."""

import base64

from function_app.storage.table_store import TableStore

PARTITION, ROW, COLUMN = "KEYS", "vapid", "private_key"


def private_key(table: TableStore) -> str:
    """Return the private key, 32 bytes in base64url, and make it if there is none. Raises
    StorageUnavailableError."""
    row = table.get(PARTITION, ROW)
    if row is None:
        table.insert(PARTITION, ROW, {COLUMN: _new_key()})
        row = table.get(PARTITION, ROW)  # another instance may have been first
    if row is None:
        raise RuntimeError("the VAPID key was removed while it was being made")
    return row.properties[COLUMN]


def public_key(private: str) -> str:
    """Return the key that a browser needs for a subscription (applicationServerKey): 65 bytes in
    base64url."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    number = int.from_bytes(base64.urlsafe_b64decode(private + "="), "big")
    key = ec.derive_private_key(number, ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).rstrip(b"=").decode()


def _new_key() -> str:
    from cryptography.hazmat.primitives.asymmetric import ec

    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32, "big")).rstrip(b"=").decode()
