"""Challenges that passkeys sign. Each is stored for a few minutes, and taken once."""

import secrets
from datetime import datetime, timedelta

from function_app.auth.passwords import hash_secret
from function_app.storage.account_keys import CHALLENGES
from function_app.storage.table_store import Entity, TableStore
from photo_wire.moment import format_time, parse_time

CHALLENGE_TTL = timedelta(minutes=5)
SIGN_IN = "sign in"
_TAKEN = "taken"


def create(table: TableStore, purpose: str, origin: str, now: datetime) -> str:
    """Store a new challenge for a page of this origin and return it, in base64url. `purpose` is
    SIGN_IN, or the key of the session that adds a passkey."""
    challenge = secrets.token_urlsafe(32)
    until = format_time(now + CHALLENGE_TTL)
    row = {"purpose": purpose, "origin": origin, "until": until}
    table.upsert(CHALLENGES, hash_secret(challenge), row)
    return challenge


def take(table: TableStore, challenge: str, purpose: str, origin: str, now: datetime) -> bool:
    """Return whether this challenge was created for this purpose and origin, and was not taken
    before. Of concurrent calls one succeeds at most. Whatever the result, it is taken now."""
    entity = table.get(CHALLENGES, hash_secret(challenge))
    if entity is None:
        return False
    properties = entity.properties
    is_first = table.replace(CHALLENGES, entity, {**properties, _TAKEN: "1"})
    table.remove(CHALLENGES, entity.key)
    is_meant = (properties["purpose"], properties["origin"]) == (purpose, origin)
    return is_first and is_meant and _TAKEN not in properties and not is_expired(entity, now)


def is_expired(entity: Entity, now: datetime) -> bool:
    """Return whether a stored challenge can be taken no more."""
    return parse_time(entity.properties["until"]) <= now
