"""Codes of authenticator apps and recovery codes: which are accepted, and that each is so once."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from function_app.auth import totp
from function_app.problems import HTTPProblemError
from function_app.storage.table_store import TableStore
from tests.support.account_requests import Interrupted
from tests.support.authenticator_app import code_of
from tests.support.memory_store import MemoryTable

NOW = datetime(2026, 11, 28, 12, 0, 15, tzinfo=UTC)
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def secret(table: MemoryTable) -> str:
    """The secret of vera's app, which has been begun."""
    return totp.begin(table, "vera")


@pytest.fixture
def recovery(table: MemoryTable, secret: str) -> list[str]:
    """Vera's recovery codes, once she signs in with codes."""
    codes = totp.confirm(table, "vera", code_of(secret, NOW), NOW)
    assert codes
    return codes


def test_a_code_of_the_test_vectors_is_accepted(table: MemoryTable) -> None:
    """RFC 6238, appendix B, with six digits: SHA-1 at 59 s is 94287082."""
    begun = {"secret": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ", "step": "0", "recovery": ""}
    table.upsert("totp", "vera", {**begun, "confirmed_at": "1970-01-01T00:00:00Z"})
    assert totp.verify(table, "vera", "287 082", datetime.fromtimestamp(59, UTC))


def test_a_secret_has_no_effect_until_a_code_of_it_was_sent(
    table: MemoryTable, secret: str
) -> None:
    """A wrong code, or that of another secret, confirms nothing."""
    for wrong in ("", "000000", code_of(totp.begin(table, "anna"), NOW)):
        assert totp.confirm(table, "vera", wrong, NOW) is None
    assert totp.find(table, "vera") is None
    assert not totp.verify(table, "vera", code_of(secret, NOW), NOW)
    assert totp.confirm(table, "nobody", code_of(secret, NOW), NOW) is None
    codes = totp.confirm(table, "vera", code_of(secret, NOW), NOW)
    assert codes
    assert totp.find(table, "vera") == totp.Enrollment(NOW, 10)
    assert len({*codes}) == 10
    assert codes[0] not in repr(table.kept)


def test_another_secret_replaces_one_that_was_only_begun(table: MemoryTable, secret: str) -> None:
    """A confirmed one is replaced by nobody."""
    second = totp.begin(table, "vera")
    assert totp.confirm(table, "vera", code_of(secret, NOW), NOW) is None
    assert totp.confirm(table, "vera", code_of(second, NOW), NOW)
    with pytest.raises(HTTPProblemError, match="already"):
        totp.begin(table, "vera")
    assert totp.confirm(table, "vera", code_of(second, LATER), LATER) is None


@pytest.mark.usefixtures("recovery")
def test_a_code_is_accepted_once(table: MemoryTable, secret: str) -> None:
    """That of the confirmation counts, and no older one is accepted after a newer one."""
    assert not totp.verify(table, "vera", code_of(secret, NOW), NOW)
    assert totp.verify(table, "vera", code_of(secret, LATER), LATER)
    for periods in (0, -1):
        assert not totp.verify(table, "vera", code_of(secret, LATER, periods), LATER)
    assert totp.verify(table, "vera", code_of(secret, LATER, 1), LATER)


@pytest.mark.usefixtures("recovery")
@pytest.mark.parametrize(("periods", "is_right"), [(-2, False), (-1, True), (1, True), (2, False)])
def test_clocks_may_differ_by_a_period(
    table: MemoryTable, secret: str, periods: int, is_right: bool
) -> None:
    assert totp.verify(table, "vera", code_of(secret, LATER, periods), LATER) is is_right


@pytest.mark.usefixtures("recovery")
def test_of_two_requests_with_one_code_one_succeeds(table: MemoryTable, secret: str) -> None:
    code, first = code_of(secret, LATER), []
    racing = Interrupted(table, 1, lambda: first.append(totp.verify(table, "vera", code, LATER)))
    assert not totp.verify(cast(TableStore, racing), "vera", code, LATER)
    assert first == [True]


def test_a_recovery_code_is_accepted_once(table: MemoryTable, recovery: list[str]) -> None:
    """However people write it. The others stay."""
    assert totp.verify(table, "vera", f" {recovery[3].upper().replace('-', ' ')} ", LATER)
    assert not totp.verify(table, "vera", recovery[3], LATER)
    assert totp.verify(table, "vera", recovery[4].replace("-", ""), LATER)
    assert totp.find(table, "vera") == totp.Enrollment(NOW, 8)


@pytest.mark.usefixtures("recovery")
@pytest.mark.parametrize("code", ["", " ", "-", "12345", "1234567", "٣" * 6, "a" * 16_000, "\0"])
def test_what_is_no_code_is_refused(table: MemoryTable, code: str) -> None:
    assert not totp.verify(table, "vera", code, LATER)
    assert not totp.verify(table, "nobody", code, LATER)


@pytest.mark.usefixtures("recovery")
def test_after_its_removal_no_code_is_valid(table: MemoryTable, secret: str) -> None:
    assert totp.remove(table, "vera")
    assert not totp.remove(table, "vera")
    assert totp.find(table, "vera") is None
    assert not totp.verify(table, "vera", code_of(secret, LATER), LATER)
