"""Somebody leaves, and what they made that lets in goes with them: they have its secrets."""

from collections.abc import Iterable, Iterator

from function_app.people import shares, tokens
from function_app.people.caller import Scope, token_called
from function_app.people.tokens import Token
from function_app.storage.rows import Rows

# A token for no more than that stays: it shows nothing, and a camera that they set up works by it.
_HARMLESS = frozenset({Scope.UPLOAD})


def end_what_they_made(rows: Rows, name: str) -> Iterator[tuple[str, str]]:
    """End the tokens and links that were made by the person of this name, or with such a token.
    Each comes as the access log tells it, what and which, and ends when the next is asked for."""
    found = tokens.all_tokens(rows)
    makers = _with_their_tokens(name, found)
    for token in found:
        if token.made_by in makers and not token.scopes <= _HARMLESS:
            yield "revoked the token", token.name
            tokens.remove(rows, token)
    for share in shares.all_shares(rows):
        if share.made_by in makers:
            yield "revoked a link", shares.called(share.key)
            shares.revoke(rows, share.key)


def _with_their_tokens(name: str, found: Iterable[Token]) -> set[str]:
    """Who is called so in what is on record: the person, their tokens, and the tokens of those."""
    makers = {name}
    while further := {token_called(one.name) for one in found if one.made_by in makers} - makers:
        makers |= further
    return makers
