"""Revoke the tokens and links that a removed user, or a revoked token, created."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from function_app.auth import links, tokens, users
from function_app.auth.audit_log import Log
from function_app.auth.caller import Scope, is_token_label, token_label
from function_app.auth.links import SharedLink
from function_app.auth.provenance import Provenance
from function_app.auth.tokens import Token
from function_app.auth.users import User
from function_app.storage.table_store import TableStore

# A token with no other scope stays: it reads nothing, and a camera that they set up may need it.
_HARMLESS = frozenset({Scope.UPLOAD})


@dataclass
class RevocationReport:
    """What a user or a token created: the tokens and links that were revoked, and what stays for an
    owner to decide about. `unknown` are tokens and links from before roots were stored, of which
    the root cannot be told."""

    tokens: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    remaining_tokens: set[str] = field(default_factory=set)
    remaining_users: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)

    def to_json(self) -> dict[str, object]:
        """Return the fields of the API."""
        return {
            "revoked": {"tokens": sorted(self.tokens), "links": sorted(self.links)},
            "staying": {
                "tokens": sorted(self.remaining_tokens),
                "people": sorted(self.remaining_users),
            },
            "unknown": sorted(self.unknown),
        }


def revoke_created_by_user(table: TableStore, name: str, log: Log) -> RevocationReport:
    """Revoke what the user of this name created, directly or through tokens. `log` is called before
    each revocation. Raises StorageUnavailableError."""
    return _revoke_all(
        table, lambda provenance, resolver: resolver.root_of(provenance) == name, {name}, log
    )


def revoke_created_with_token(table: TableStore, token: Token, log: Log) -> RevocationReport:
    """Revoke what was created with a token, directly or through tokens. In a record from before
    roots were stored, a creator of the token's name counts as the token. `log` is called before
    each revocation. Raises StorageUnavailableError."""

    def is_from_token(provenance: Provenance, resolver: "_RootResolver") -> bool:
        label = token_label(token.name)
        return token.key in provenance.via or label in resolver.creators_of(provenance)

    return _revoke_all(table, is_from_token, set(), log)


def _revoke_all(
    table: TableStore,
    is_affected: Callable[[Provenance, "_RootResolver"], bool],
    owners: set[str],
    log: Log,
) -> RevocationReport:
    """Repeat until nothing is found: a token may create something while it is being revoked."""
    report = RevocationReport()
    while True:
        resolver = _RootResolver(tokens.list_tokens(table))
        affected = [one for one in resolver.tokens if is_affected(one.provenance, resolver)]
        revoked_links = [
            one for one in links.list_links(table) if is_affected(one.provenance, resolver)
        ]
        revoked_tokens = [one for one in affected if not _is_harmless(one)]
        report.remaining_tokens |= {one.name for one in affected if _is_harmless(one)}
        if not revoked_tokens and not revoked_links:
            break
        _revoke(table, revoked_tokens, revoked_links, report, log)
    all_users = users.list_users(table)
    added = {
        one.name
        for one in all_users
        if one.provenance.created_by and is_affected(one.provenance, resolver)
    }
    report.remaining_users = added | (users_added_by(added | owners, all_users) - owners)
    report.unknown = set(_of_unknown_root(table, resolver))
    return report


def _revoke(
    table: TableStore,
    revoked_tokens: list[Token],
    revoked_links: list[SharedLink],
    report: RevocationReport,
    log: Log,
) -> None:
    for token in revoked_tokens:
        log("revoked the token", token.name)
        tokens.remove(table, token)
        report.tokens.add(token.name)
    for link in revoked_links:
        log("revoked a link", link.label)
        links.revoke(table, link.key)
        report.links.add(link.key)


def _is_harmless(token: Token) -> bool:
    return token.grant.scopes <= _HARMLESS


def users_added_by(names: set[str], all_users: list[User]) -> set[str]:
    """Return the users whom these users added, those whom they added in turn, and so on."""
    found = set(names)
    while added := {one.name for one in all_users if one.provenance.root in found} - found:
        found |= added
    return found - names


def _of_unknown_root(table: TableStore, resolver: "_RootResolver") -> Iterator[str]:
    for token in resolver.tokens:
        if resolver.root_of(token.provenance) is None and not _is_harmless(token):
            yield token_label(token.name)
    for link in links.list_links(table):
        if resolver.root_of(link.provenance) is None:
            yield link.label


class _RootResolver:
    """Finds the root of a record. For one from before roots were stored it follows the creators'
    names, as far as these tokens still exist."""

    def __init__(self, existing: list[Token]) -> None:
        self.tokens = existing
        self._by_key = {one.key: one for one in existing}
        self._by_label = {token_label(one.name): one for one in existing}

    def root_of(self, provenance: Provenance) -> str | None:
        """Return the user, or the token of the settings, at the root; None if it is unknown."""
        *_, oldest = self._ancestors(provenance)
        if oldest.root is not None:
            return oldest.root
        if not oldest.created_by or is_token_label(oldest.created_by):
            return None
        return oldest.created_by

    def creators_of(self, provenance: Provenance) -> set[str]:
        """Return the names of all creators of a record from before roots were stored."""
        return {
            one.created_by
            for one in self._ancestors(provenance)
            if one.root is None and not one.via
        }

    def _ancestors(self, provenance: Provenance) -> Iterator[Provenance]:
        """Yield this provenance, that of the token that created the record, and so on up to the
        root."""
        seen = set[Provenance]()
        while provenance not in seen:
            yield provenance
            seen.add(provenance)
            if provenance.root is not None:
                return
            creator = self._by_label.get(provenance.created_by)
            if provenance.via:
                creator = self._by_key.get(provenance.via[-1])
            if creator is None:
                return
            provenance = creator.provenance
