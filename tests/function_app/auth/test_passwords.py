"""Which passwords are accepted, and what it costs to hash one."""

import base64
import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from function_app.auth import passwords, users
from function_app.auth.caller import Role
from function_app.auth.passwords import (
    HashQueue,
    hash_password,
    is_common,
    password_problem,
    verify_password,
)
from function_app.problems import HTTPProblemError
from function_app.settings import Secrets, Settings
from function_app.storage import account_keys
from photo_wire.errors import WireError
from tests.conftest import StartAzurite, StartBackend
from tests.support.account_requests import ask
from tests.support.api import Api
from tests.support.backend import Backend
from tests.support.memory_store import MemoryTable, memory_services
from tests.support.password_cost import PRODUCTION_COST, TEST_COST

FIRST, OWN = "the first password", "another good password"
COMMON = [
    *("password1234", "Password2024!", "qwertyuiop12", "iloveyou1234", "letmein12345"),
    *("1234567890abc", "abcdeabcdeabcde", "nightjar1234", "vera.miller1", "P@ssw0rd2024"),
]


@pytest.mark.parametrize("password", COMMON)
def test_a_guessable_password_is_rejected(password: str) -> None:
    """Common ones and patterns; the user's name and the program's own words."""
    with pytest.raises(WireError, match="too easy to guess"):
        users.add(MemoryTable(), "vera.miller", password, Role.VIEWER, None)


@pytest.mark.parametrize("password", ["a good password", "x7Kp2mQ9zA", "dein-4711-ist-kein-wort"])
def test_a_good_password_is_accepted(password: str) -> None:
    """Whatever it consists of; the longest one, too."""
    assert users.add(MemoryTable(), "vera", password, Role.VIEWER, None)
    assert not is_common(password * 8, "vera")


@pytest.fixture
def scrypts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each password that is hashed."""
    hashed, scrypt = list[str](), passwords._scrypt

    def counted(password: str, salt: bytes) -> bytes:
        hashed.append(password)
        return scrypt(password, salt)

    monkeypatch.setattr(passwords, "_scrypt", counted)
    return hashed


@pytest.mark.parametrize("first", [None, FIRST])
@pytest.mark.parametrize("is_changed", [False, True])
@pytest.mark.parametrize("name", ["owner", "vera", "nobody", "No Name", "x" * 300])
@pytest.mark.parametrize("password", ["wrong password", FIRST, OWN])
def test_each_sign_in_hashes_exactly_one_password(
    scrypts: list[str], first: str | None, is_changed: bool, name: str, password: str
) -> None:
    """Whether the user exists or not, and whether the owner's password is still the setting."""
    backend = memory_services(Settings("", secrets=Secrets(gallery_password=first)))
    users.add(backend.accounts, "vera", OWN, Role.VIEWER, None)
    if is_changed:
        owner = users.User(users.OWNER, Role.OWNER, passwords.hash_password(OWN))
        backend.accounts.upsert(account_keys.USERS, users.OWNER, owner.to_properties())
    scrypts.clear()
    reply = ask(backend, "open_session", {}, {"name": name, "password": password})
    assert len(scrypts) == 1
    is_owners = password == (OWN if is_changed else first)
    is_right = (name == "owner" and is_owners) or (name == "vera" and password == OWN)
    assert reply.status == (200 if is_right else 401)


def test_a_common_first_password_is_refused(scrypts: list[str]) -> None:
    """The error text says what to set; a better one is accepted."""
    backend = memory_services(Settings("", secrets=Secrets(gallery_password=COMMON[0])))
    body = {"name": "owner", "password": COMMON[0]}
    reply = ask(backend, "open_session", {}, body)
    assert reply.status == 403
    assert b"GALLERY_PASSWORD" in reply.body
    assert not reply.cookies
    better = replace(backend, settings=Settings("", secrets=Secrets(gallery_password=FIRST)))
    assert ask(better, "open_session", {}, {"password": FIRST}).status == 200


@dataclass
class BlockedWork:
    """Work in a queue that blocks until `go` is set."""

    go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self) -> bytes:
        self.begun.release()
        self.go.wait()
        return b"done"


def test_few_passwords_are_hashed_at_once_and_few_wait() -> None:
    """The others are refused at once, with Retry-After: waiting, they would hold the threads of
    uploads."""
    queue, blocked = HashQueue(2), BlockedWork()
    refused = threading.Semaphore(0)

    def ask_for_it(_: int) -> str:
        try:
            return queue.run(blocked).decode()
        except HTTPProblemError as refusal:
            refused.release()
            return f"{refusal.problem.status}, again in {refusal.headers['Retry-After']} s"

    with ThreadPoolExecutor(20) as pool:
        asked = pool.map(ask_for_it, range(20))
        for _ in range(20 - 2 - queue.MAX_WAITING):
            refused.acquire()
        for _ in range(2):
            blocked.begun.acquire()
        assert not blocked.begun.acquire(blocking=False), "a third began beside the two"
        blocked.go.set()
        found = list(asked)
    assert found.count("done") == 2 + queue.MAX_WAITING
    assert found.count("503, again in 5 s") == 20 - 2 - queue.MAX_WAITING
    assert queue.run(lambda: b"next") == b"next"


def test_an_attempt_that_waits_too_long_is_not_counted(
    scrypts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A known browser has a queue of its own, which strangers do not fill."""
    backend = memory_services(Settings("", secrets=Secrets(gallery_password=FIRST)))
    right = {"name": "owner", "password": FIRST}
    reply = ask(backend, "open_session", {}, right)
    browser = {"Cookie": reply.cookies[1].partition(";")[0]}
    queue, blocked = HashQueue(1), BlockedWork()
    monkeypatch.setattr(queue, "MAX_WAIT_SECONDS", 0.01)
    monkeypatch.setattr("function_app.accounts.sign_in.ANONYMOUS_QUEUE", queue)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(queue.run, blocked)
        blocked.begun.acquire()
        for _ in range(30):
            reply = ask(backend, "open_session", {}, right)
            assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
        assert ask(backend, "open_session", browser, right).status == 200
        blocked.go.set()
        assert first.result() == b"done"
    monkeypatch.undo()
    assert ask(backend, "open_session", {}, right).status == 200


@pytest.mark.slow
def test_a_flood_of_sign_ins_does_not_exhaust_memory(
    start_azurite: StartAzurite, start_backend: StartBackend
) -> None:
    """With forty strangers at once the backend grows by the memory of few hashes, and answers
    others."""
    own: Backend = start_backend(
        start_azurite().connection_string, PASSWORD_COST=f"{PRODUCTION_COST}"
    )

    def peak() -> int:
        """The most memory that the process ever had, in kB."""
        assert own.process
        lines = Path(f"/proc/{own.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])

    body = {"name": "owner", "password": "wrong password"}
    assert Api(own).ask("/api/session", method="POST", json=body).status_code == 401

    def guess(number: int) -> int:
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        return Api(own).ask("/api/session", headers, "POST", json=body).status_code

    before = peak()
    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(guess, range(40)))
        assert Api(own).ask("/api/health").status_code == 200
    assert set(found) <= {401, 503}
    print(f"40 sign-ins at once: {found.count(401)} looked at, {peak() - before} kB more")
    assert peak() - before < 100_000


def test_the_cost_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    """16 MB and a twentieth of a second for each guess; no setting lowers it, the tests replace a
    constant. What is stored must stay readable: a higher cost needs a hash that names it."""
    assert PRODUCTION_COST == 2**14
    assert TEST_COST < PRODUCTION_COST
    salt, password = b"sixteen bytes...", "a good password"
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32)
    stored = "$".join(("scrypt", *(base64.b64encode(one).decode() for one in (salt, digest))))
    assert not verify_password(password, stored)
    monkeypatch.setattr(passwords, "_COST", PRODUCTION_COST)
    assert verify_password(password, stored)
    assert not verify_password(password + "!", stored)


@settings(max_examples=5, deadline=None)
@given(st.text(max_size=30), st.text(max_size=30))
def test_only_the_right_password_is_verified(password: str, other: str) -> None:
    """Any text can be hashed. The hash has a random salt."""
    kept = hash_password(password)
    assert verify_password(password, kept)
    assert verify_password(other, kept) is (other == password)
    assert not verify_password(password, None)
    assert hash_password(password) != kept


@pytest.mark.parametrize("password", ["", "short", "a" * 20, "x" * 201])
def test_a_weak_password_has_a_problem(password: str) -> None:
    """Too short, too long, or too few different characters."""
    assert password_problem(password)


@pytest.mark.parametrize(
    ("password", "length"), [("", "0 characters"), ("x", "1 character"), ("xy", "2 characters")]
)
def test_the_problem_of_a_short_password_says_how_long_it_is(password: str, length: str) -> None:
    assert password_problem(password) == f"has {length}; choose 10 to 200"
