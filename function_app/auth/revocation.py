"""Somebody is removed, or a token revoked: revoke what came from them, and tell what stays."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from function_app.auth import links, tokens, users
from function_app.auth.caller import Scope, token_called
from function_app.auth.links import Share
from function_app.auth.origin import Origin
from function_app.auth.tokens import Token
from function_app.auth.users import Person
from function_app.storage.table_store import TableStore

# A token for no more than that stays: it shows nothing, and a camera that they set up works by it.
_HARMLESS = frozenset({Scope.UPLOAD})


@dataclass
class Descent:
    """What came from a person or a token: revoked tokens and links, and what stays for an owner to
    decide about. `unknown` are tokens and links of before there were roots, of which nobody can say
    whose they are."""

    tokens: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    staying_tokens: set[str] = field(default_factory=set)
    people: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def to_json(self) -> dict[str, object]:
        """As the API spells it."""
        return {
            "revoked": {"tokens": sorted(self.tokens), "links": sorted(self.links)},
            "staying": {"tokens": sorted(self.staying_tokens), "people": sorted(self.people)},
            "unknown": sorted(self.unknown),
        }


def end_what_came_from(rows: TableStore, name: str, log: Callable[[str, str], None]) -> Descent:
    """Revoke what came from the person of this name; `log` gets what and which before each."""
    return _end(rows, lambda origin, roots: roots.root_of(origin) == name, {name}, log)


def end_what_a_token_made(
    rows: TableStore, token: Token, log: Callable[[str, str], None]
) -> Descent:
    """The same for what was made with a token, and with those that it made. A record of before
    there were roots counts as made with it if its maker was called so."""

    def came_from(origin: Origin, roots: "_Roots") -> bool:
        return token.key in origin.via or token_called(token.name) in roots.makers_of(origin)

    return _end(rows, came_from, set(), log)


def _end(
    rows: TableStore,
    came_from: Callable[[Origin, "_Roots"], bool],
    owners: set[str],
    log: Callable[[str, str], None],
) -> Descent:
    """Again until nothing is found: something may be made with a token that is about to go."""
    descent = Descent()
    while True:
        roots = _Roots(tokens.all_tokens(rows))
        found = [one for one in roots.tokens if came_from(one.origin, roots)]
        their_links = [one for one in links.all_shares(rows) if came_from(one.origin, roots)]
        ending = [one for one in found if not one.scopes <= _HARMLESS]
        descent.staying_tokens |= {one.name for one in found if one.scopes <= _HARMLESS}
        if not ending and not their_links:
            break
        _revoke(rows, ending, their_links, descent, log)
    all_users = users.list_users(rows)
    descent.people = {
        one.name for one in all_users if one.origin.made_by and came_from(one.origin, roots)
    }
    descent.people |= _let_in_by(descent.people | owners, all_users) - owners
    descent.unknown = set(_of_unknown_origin(rows, roots))
    return descent


def _revoke(
    rows: TableStore,
    ending: list[Token],
    their_links: list[Share],
    descent: Descent,
    log: Callable[[str, str], None],
) -> None:
    for token in ending:
        log("revoked the token", token.name)
        tokens.remove(rows, token)
        descent.tokens.add(token.name)
    for link in their_links:
        log("revoked a link", links.called(link.key))
        links.revoke(rows, link.key)
        descent.links.add(link.key)


def _let_in_by(names: set[str], all_users: list[Person]) -> set[str]:
    """Whom these people let in, and whom those did, and so on."""
    found = set(names)
    while further := {one.name for one in all_users if one.origin.root in found} - found:
        found |= further
    return found - names


def _of_unknown_origin(rows: TableStore, roots: "_Roots") -> Iterator[str]:
    for token in roots.tokens:
        if roots.root_of(token.origin) is None and not token.scopes <= _HARMLESS:
            yield token_called(token.name)
    for link in links.all_shares(rows):
        if roots.root_of(link.origin) is None:
            yield links.called(link.key)


class _Roots:
    """Looks up whose a record is; one of before there were roots by its makers' names, as far as
    those are still there."""

    def __init__(self, found: list[Token]) -> None:
        self.tokens = found
        self._by_key = {one.key: one for one in found}
        self._by_name = {token_called(one.name): one for one in found}

    def root_of(self, origin: Origin) -> str | None:
        """The person, or the token of the settings, at the root; None if nobody knows."""
        *_, last = self._line(origin)
        if last.root is not None:
            return last.root
        return last.made_by if last.made_by and not last.made_by.startswith("token ") else None

    def makers_of(self, origin: Origin) -> set[str]:
        """The makers of an old record, by their names; of one with a root none but its own."""
        return {one.made_by for one in self._line(origin) if one.root is None and not one.via}

    def _line(self, origin: Origin) -> Iterator[Origin]:
        """This origin, then that of the token which made it, and so on while it is needed."""
        seen = set[Origin]()
        while origin not in seen:
            yield origin
            seen.add(origin)
            if origin.root is not None:
                return
            maker = self._by_name.get(origin.made_by)
            if origin.via:
                maker = self._by_key.get(origin.via[-1])
            if maker is None:
                return
            origin = maker.origin
