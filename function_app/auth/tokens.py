"""Tokens, by which programs authenticate: named, limited to scopes and cameras, and revocable at
any time. The table stores a hash of each."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from function_app.auth.audit_log import Log
from function_app.auth.caller import (
    Caller,
    Scope,
    cameras_from_text,
    cameras_to_text,
    token_label,
)
from function_app.auth.passwords import hash_secret
from function_app.auth.provenance import DISABLED, UNKNOWN, Provenance, parse_provenance
from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import TOKENS
from function_app.storage.table_store import Entity, TableStore, query_all
from photo_wire.moment import format_time, parse_time

PREFIX = "nj_"  # so that a leaked token is recognized as one of Nightjar's
_LAST_USED_INTERVAL = timedelta(hours=1)  # a write for every use would cost more than the use


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows: its scopes, for these cameras; None for all."""

    scopes: frozenset[Scope]
    cameras: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A token on record, without its secret. `used_at` is None if it was never used; it is exact to
    the hour."""

    key: str
    name: str
    grant: Grant
    created_at: datetime
    used_at: datetime | None
    provenance: Provenance = UNKNOWN


def create(
    table: TableStore, name: str, grant: Grant, now: datetime, provenance: Provenance = UNKNOWN
) -> str:
    """Create a token and return its secret, which is never shown again. Raises HTTPProblemError
    (409) if there is one of this name.

    Two concurrent calls with one name may both fail with 409, but never both succeed: each checks
    again after its write.
    """
    secret = PREFIX + secrets.token_urlsafe(32)
    key = hash_secret(secret)
    _check_name_is_free(table, name, key)
    table.upsert(
        TOKENS,
        key,
        {
            "name": name,
            "scopes": " ".join(sorted(grant.scopes)),
            "cameras": cameras_to_text(grant.cameras),
            "made_at": format_time(now),
            **provenance.to_properties(),
        },
    )
    try:
        _check_name_is_free(table, name, key)
    except HTTPProblemError:
        table.remove(TOKENS, key)
        raise
    return secret


def find(table: TableStore, secret: str, now: datetime) -> Caller | None:
    """Return the caller with this token; None if it was revoked or never existed. Record when it
    was used, at most once an hour."""
    if not secret.startswith(PREFIX):
        return None
    entity = table.get(TOKENS, hash_secret(secret))
    if entity is None or DISABLED in entity.properties:
        return None
    token = _token(entity)
    if token.used_at is None or now - token.used_at > _LAST_USED_INTERVAL:
        table.replace(TOKENS, entity, {**entity.properties, "used_at": format_time(now)})
    return Caller(
        token.name,
        token.grant.scopes,
        token.grant.cameras,
        root=token.provenance.root,
        via=(*token.provenance.via, token.key),
    )


def list_tokens(table: TableStore) -> list[Token]:
    """Return all tokens on record."""
    return [_token(entity) for entity in query_all(table, TOKENS)]


def find_by_name(table: TableStore, name: str) -> list[Token]:
    """Return the token of this name; two if they were created at the same moment."""
    return [one for one in list_tokens(table) if one.name == name]


def revoke(table: TableStore, name: str) -> bool:
    """Remove the token of this name. Return whether there was one."""
    found = find_by_name(table, name)
    for one in found:
        remove(table, one)
    return bool(found)


def disable(table: TableStore, token: Token) -> None:
    """Make a token stop working. It stays on record until what was created with it is revoked."""
    while entity := table.get(TOKENS, token.key):
        if table.replace(TOKENS, entity, {**entity.properties, DISABLED: "1"}):
            return


def remove_camera(table: TableStore, camera: str, log: Log) -> Iterator[Token]:
    """Take a camera out of the tokens that are for some cameras, so that they do not open what a
    later camera of its name sends. A token that may upload and no more stays: it opens nothing, and
    the photos of a device that has it would be refused. Yield each that is changed; `log` is called
    before. One request for each thousand tokens, and one for each of these. May be stopped at any
    point and called again."""
    for entity in query_all(table, TOKENS):
        token, found = _token(entity), entity
        if token.grant.scopes <= {Scope.UPLOAD} or camera not in (token.grant.cameras or ()):
            continue
        log("took a removed camera from", token_label(token.name))
        while (left := _token(found).grant.cameras) is not None:
            cameras = cameras_to_text(left - {camera})
            if table.replace(TOKENS, found, {**found.properties, "cameras": cameras}):
                yield token
                break
            if (again := table.get(TOKENS, entity.key)) is None:  # somebody revoked it
                break
            found = again  # used at this moment


def remove(table: TableStore, token: Token) -> None:
    """Remove a token, so that it no longer works."""
    table.remove(TOKENS, token.key)


def remove_by_secret(table: TableStore, secret: str) -> None:
    """Remove the token with this secret."""
    table.remove(TOKENS, hash_secret(secret))


def _check_name_is_free(table: TableStore, name: str, key: str) -> None:
    """Raise HTTPProblemError (409) if another token than that of this key has the name."""
    if any(one.name == name and one.key != key for one in list_tokens(table)):
        raise HTTPProblemError(409, f"The name {name} is taken by a token: revoke it first.")


def _token(entity: Entity) -> Token:
    properties = entity.properties
    scopes = frozenset(map(Scope, properties["scopes"].split()))
    return Token(
        entity.key,
        properties["name"],
        Grant(scopes, cameras_from_text(properties["cameras"])),
        parse_time(properties["made_at"]),
        parse_time(properties["used_at"]) if "used_at" in properties else None,
        parse_provenance(properties),
    )
