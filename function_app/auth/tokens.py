"""Tokens, by which programs show who they are: named, limited, and revoked at any time. The table
keeps a hash of each."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from function_app.auth.caller import Caller, Scope, from_text, to_text
from function_app.auth.origin import REVOKED, UNKNOWN, Origin, origin_of
from function_app.auth.secret_hash import hash_secret
from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import TOKENS
from function_app.storage.table_store import Entity, TableStore, query_all
from photo_wire.moment import format_time, parse_time

BEGINNING = "nj_"  # so that one that was left somewhere is recognized for what it is
_BETWEEN_NOTES = timedelta(hours=1)  # a write for every use would cost more than the use


@dataclass(frozen=True, slots=True)
class Token:
    """What is on record of a token; its secret is not. `cameras` None is all."""

    key: str
    name: str
    scopes: frozenset[Scope]
    cameras: frozenset[str] | None
    made_at: datetime
    used_at: datetime | None
    origin: Origin = UNKNOWN


def make(
    rows: TableStore,
    name: str,
    scopes: frozenset[Scope],
    cameras: frozenset[str] | None,
    now: datetime,
    origin: Origin = UNKNOWN,
) -> str:
    """A new token; returns its secret, which is never shown again. Raises HTTPProblemError (409) if
    there is one of this name.

    Of several that are made at once at most one stays: each looks for others once it is written,
    and whichever is later sees the one before, and goes. They may all go.
    """
    secret = BEGINNING + secrets.token_urlsafe(32)
    key = hash_secret(secret)
    _check_name_is_free(rows, name, key)
    rows.upsert(
        TOKENS,
        key,
        {
            "name": name,
            "scopes": " ".join(sorted(scopes)),
            "cameras": to_text(cameras),
            "made_at": format_time(now),
            **origin.to_properties(),
        },
    )
    try:
        _check_name_is_free(rows, name, key)
    except HTTPProblemError:
        rows.remove(TOKENS, key)
        raise
    return secret


def find(rows: TableStore, secret: str, now: datetime) -> Caller | None:
    """Whose token this is. That it was used is noted, to the hour."""
    if not secret.startswith(BEGINNING):
        return None
    row = rows.get(TOKENS, hash_secret(secret))
    if row is None or REVOKED in row.properties:
        return None
    token = _token(row)
    if token.used_at is None or now - token.used_at > _BETWEEN_NOTES:
        rows.replace(TOKENS, row, {**row.properties, "used_at": format_time(now)})
    origin = token.origin
    return Caller(
        token.name,
        token.scopes,
        token.cameras,
        is_token=True,
        root=origin.root,
        via=(*origin.via, token.key),
    )


def all_tokens(rows: TableStore) -> list[Token]:
    return [_token(row) for row in query_all(rows, TOKENS)]


def called(rows: TableStore, name: str) -> list[Token]:
    """The token of this name; two if they were made at the same moment."""
    return [one for one in all_tokens(rows) if one.name == name]


def revoke(rows: TableStore, name: str) -> bool:
    """Whether there was one of this name."""
    found = called(rows, name)
    for one in found:
        remove(rows, one)
    return bool(found)


def disable(rows: TableStore, token: Token) -> None:
    """Let nobody in with it any more. It stays on record until what was made with it is revoked."""
    while row := rows.get(TOKENS, token.key):
        if rows.replace(TOKENS, row, {**row.properties, REVOKED: "1"}):
            return


def remove(rows: TableStore, token: Token) -> None:
    """Whoever holds it is let in no more."""
    rows.remove(TOKENS, token.key)


def remove_secret(rows: TableStore, secret: str) -> None:
    """Remove the token with this secret."""
    rows.remove(TOKENS, hash_secret(secret))


def _check_name_is_free(rows: TableStore, name: str, key: str) -> None:
    """Of all but the token of this key. Raises HTTPProblemError."""
    if any(one.name == name and one.key != key for one in all_tokens(rows)):
        raise HTTPProblemError(409, f"There is a token called {name} already: revoke it first.")


def _token(row: Entity) -> Token:
    properties = row.properties
    return Token(
        row.key,
        properties["name"],
        frozenset(map(Scope, properties["scopes"].split())),
        from_text(properties["cameras"]),
        parse_time(properties["made_at"]),
        parse_time(properties["used_at"]) if "used_at" in properties else None,
        origin_of(properties),
    )
