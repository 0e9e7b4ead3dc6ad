"""Where a token, a link or a user comes from: who created it, and which user is behind that.

A removed owner must not keep a right through a token that another of their tokens created, even if
that one was revoked long ago. So each record names the user at its root and every token in between.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from function_app.auth.caller import Caller
from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import TOKENS, sessions_of
from function_app.storage.table_store import TableStore

MAX_TOKEN_CHAIN = 8  # tokens between a record and its root
DISABLED = "revoked"  # the column of a token that no longer works and is about to be removed


@dataclass(frozen=True, slots=True)
class Provenance:
    """`created_by` is the creator as the audit log calls them (the stored column is `made_by`),
    `root` the user at the beginning (or a token of the settings), and `via` the keys of the tokens
    in between, the oldest first. `root` is None in a record from before roots were stored, and in
    what such a token created."""

    created_by: str = ""
    root: str | None = None
    via: tuple[str, ...] = ()

    def to_properties(self) -> dict[str, str]:
        """Return the columns of a record."""
        properties = {"made_by": self.created_by, "via": " ".join(self.via)}
        return properties if self.root is None else {**properties, "root": self.root}

    def to_json(self) -> dict[str, str | None]:
        """Return the fields of the API; null where it is unknown."""
        return {"made_by": self.created_by or None, "root": self.root}


UNKNOWN = Provenance()


def parse_provenance(properties: Mapping[str, str]) -> Provenance:
    """Return the provenance that a record holds; UNKNOWN for one of an old version."""
    via = tuple(properties.get("via", "").split())
    return Provenance(properties.get("made_by", ""), properties.get("root"), via)


def created_by(caller: Caller) -> Provenance:
    """Return the provenance of what this caller creates. Raises HTTPProblemError (403) if there
    are too many tokens in between."""
    if len(caller.via) > MAX_TOKEN_CHAIN:
        raise HTTPProblemError(
            403,
            f"{caller.actor} has a chain of more than {MAX_TOKEN_CHAIN} tokens: sign in, or use a "
            "token that a user created.",
        )
    return Provenance(caller.actor, caller.root, caller.via)


def undo_if_revoked(table: TableStore, caller: Caller, undo: Callable[[], object]) -> None:
    """Check, after something was created, that the caller's session or token still exists;
    otherwise undo it. Raises HTTPProblemError (401).

    A revocation removes sessions and tokens first and then looks for what they created, so either
    it sees the new record, or this check sees the revocation.
    """
    try:
        _check_not_revoked(table, caller)
    except HTTPProblemError:
        undo()
        raise


def _check_not_revoked(table: TableStore, caller: Caller) -> None:
    key = (sessions_of(caller.name), caller.session) if caller.session else None
    if caller.is_token:
        key = (TOKENS, caller.via[-1])
    entity = table.get(*key) if key else None
    if key and (entity is None or DISABLED in entity.properties):
        raise HTTPProblemError(
            401, "Your session or token was just revoked.", {"WWW-Authenticate": "Bearer"}
        )
