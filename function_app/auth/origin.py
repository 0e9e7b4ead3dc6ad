"""Where a token, a link or a person came from: who made it, and which person is behind that.

A removed owner must not keep a right by a token that some other token of theirs made, even if that
one was revoked long ago. So each record names the person at its root, and every token in between.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from function_app.auth.caller import Caller
from function_app.problems import HTTPProblemError
from function_app.storage.account_keys import TOKENS, sessions_of
from function_app.storage.table_store import TableStore

MAX_TOKENS_BETWEEN = 8
REVOKED = "revoked"  # the column of a token that opens nothing any more, and is about to go


@dataclass(frozen=True, slots=True)
class Origin:
    """`made_by` is the maker as the access log calls them, `root` the person at the beginning (or a
    token of the settings), and `via` the keys of the tokens in between, the first one made first.
    `root` is None in a record of before there were roots, and in what such a token made."""

    made_by: str = ""
    root: str | None = None
    via: tuple[str, ...] = ()

    def to_properties(self) -> dict[str, str]:
        properties = {"made_by": self.made_by, "via": " ".join(self.via)}
        return properties if self.root is None else {**properties, "root": self.root}


UNKNOWN = Origin()


def origin_of(properties: Mapping[str, str]) -> Origin:
    """The origin that a record holds; all unknown in an old one."""
    via = tuple(properties.get("via", "").split())
    return Origin(properties.get("made_by", ""), properties.get("root"), via)


def described_origin(origin: Origin) -> dict[str, str | None]:
    """As the API spells it; null where nobody knows."""
    return {"made_by": origin.made_by or None, "root": origin.root}


def made_by(caller: Caller) -> Origin:
    """The origin of what this caller makes. Raises HTTPProblemError (403) behind too many
    tokens."""
    if len(caller.via) > MAX_TOKENS_BETWEEN:
        raise HTTPProblemError(
            403,
            f"{caller.who} was made by a token that was made by a token, and so on, more than "
            f"{MAX_TOKENS_BETWEEN} times: sign in, or use a token that a person made.",
        )
    return Origin(caller.who, caller.root, caller.via)


def check_still_there(rows: TableStore, caller: Caller) -> None:
    """Return if the session or the token by which the caller came still exists. Raises
    HTTPProblemError (401).

    Call it after writing what the caller makes, and undo that if it raises. Whoever ends rights
    first ends sessions and tokens and then looks for what those made, so one of the two sees the
    other.
    """
    key = (sessions_of(caller.name), caller.session) if caller.session else None
    if caller.is_token and caller.via:
        key = (TOKENS, caller.via[-1])
    row = rows.get(*key) if key else None
    if key and (row is None or REVOKED in row.properties):
        raise HTTPProblemError(
            401, "Your right to do this has just ended.", {"WWW-Authenticate": "Bearer"}
        )
