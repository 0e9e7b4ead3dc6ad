"""Codes of an authenticator app (TOTP, RFC 6238), which a person sends with their password, and
recovery codes for those who lost it.

A person has one row: the secret, without which no code can be checked, hashes of the recovery codes
that are left, and the number of the last period of which a code was accepted, so that no code
is accepted twice. A secret without `confirmed_at` has no effect.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import pyotp

from function_app.auth.passwords import hash_secret
from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import TOTP
from function_app.storage.table_store import Entity, TableStore
from photo_wire.moment import format_time, parse_time

PERIOD = 30  # seconds
TOLERATED_PERIODS = 1  # before and after the current one, for clocks that differ (RFC 6238, 5.2)
RECOVERY_CODES = 10
_RECOVERY_BYTES = 10  # 16 letters and digits in base32
_MAX_TRIES = 5  # each means that another request changed the row


class Enrollment(NamedTuple):
    """Since when a person signs in with codes, and how many recovery codes they have left."""

    confirmed_at: datetime
    recovery_codes: int


def find(table: TableStore, name: str) -> Enrollment | None:
    """Return the enrollment of a person; None if they sign in without codes. One request."""
    entity = table.get(TOTP, name)
    if entity is None or not _is_confirmed(entity):
        return None
    properties = entity.properties
    return Enrollment(parse_time(properties["confirmed_at"]), len(_recovery_hashes(properties)))


def begin(table: TableStore, name: str) -> str:
    """Store a new secret and return it, in base32. It has no effect until it is confirmed. Raises
    HTTPProblemError (409) if the person has a confirmed one."""
    secret = pyotp.random_base32()
    properties = {"secret": secret, "step": "0", "recovery": ""}
    for _ in range(_MAX_TRIES):
        entity = table.get(TOTP, name)
        if entity is None:
            if table.insert(TOTP, name, properties):
                return secret
        elif _is_confirmed(entity):
            raise HTTPProblemError(409, "You have an authenticator app already: remove it first.")
        elif table.replace(TOTP, entity, properties):
            return secret
    raise _too_many_changes()


def uri(secret: str, name: str, issuer: str) -> str:
    """Return the address that authenticator apps read from a QR code (otpauth)."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer))


def confirm(table: TableStore, name: str, code: str, now: datetime) -> list[str] | None:
    """Make the secret that was begun take effect, by a code of it, and return the recovery codes.
    Return None if the code is wrong, or if nothing was begun."""
    for _ in range(_MAX_TRIES):
        entity = table.get(TOTP, name)
        if entity is None or _is_confirmed(entity):
            return None
        step = _step_of(entity, code, now)
        if step is None:
            return None
        codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
        properties = {
            **entity.properties,
            "step": str(step),
            "recovery": " ".join(hash_secret(_normalized(one)) for one in codes),
            "confirmed_at": format_time(now),
        }
        if table.replace(TOTP, entity, properties):
            return codes
    raise _too_many_changes()


def verify(table: TableStore, name: str, code: str, now: datetime) -> bool:
    """Return whether this is a code of the person's app, or one of their recovery codes, and use it
    up. Of concurrent calls with one code one succeeds at most."""
    for _ in range(_MAX_TRIES):
        entity = table.get(TOTP, name)
        if entity is None or not _is_confirmed(entity):
            return False
        used_up = _used_up(entity, code, now)
        if used_up is None:
            return False
        if table.replace(TOTP, entity, {**entity.properties, **used_up}):
            return True
    return False


def remove(table: TableStore, name: str) -> bool:
    """Have a person sign in without codes. Return whether they signed in with them."""
    existed = find(table, name) is not None
    table.remove(TOTP, name)
    return existed


def _used_up(entity: Entity, code: str, now: datetime) -> dict[str, str] | None:
    """Return the columns after this code was used; None if it is wrong."""
    step = _step_of(entity, code, now)
    if step is not None:
        return {"step": str(step)}
    hashes, used = _recovery_hashes(entity.properties), hash_secret(_normalized(code))
    left = [one for one in hashes if not hmac.compare_digest(one, used)]
    return {"recovery": " ".join(left)} if len(left) < len(hashes) else None


def _step_of(entity: Entity, code: str, now: datetime) -> int | None:
    """Return the number of the period of which this is the code, later than the last one that was
    used; None if there is none."""
    totp, current = pyotp.TOTP(entity.properties["secret"]), int(now.timestamp()) // PERIOD
    sent, last_used = _normalized(code).encode(), int(entity.properties["step"])
    steps = range(current - TOLERATED_PERIODS, current + TOLERATED_PERIODS + 1)
    # All are compared, so that the time says nothing of which one it is.
    found = [one for one in steps if hmac.compare_digest(totp.generate_otp(one).encode(), sent)]
    return next((one for one in found if one > last_used), None)


def _recovery_hashes(properties: Mapping[str, str]) -> list[str]:
    return properties["recovery"].split()


def _is_confirmed(entity: Entity) -> bool:
    return "confirmed_at" in entity.properties


def _new_recovery_code() -> str:
    text = base64.b32encode(secrets.token_bytes(_RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))


def _normalized(code: str) -> str:
    """Return a code as people may type it, without spaces and hyphens, in lower case."""
    return "".join(code.split()).replace("-", "").lower()


def _too_many_changes() -> HTTPProblemError:
    return HTTPProblemError(409, "Something else changed this account just now: try again.")
