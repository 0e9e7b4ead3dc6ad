"""Which passwords are taken, and what looking at one costs."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from function_app.auth import passwords, users
from function_app.auth.caller import Role
from function_app.auth.passwords import HashQueue, is_common
from function_app.problems import HTTPProblemError
from function_app.settings import Secrets, Settings
from function_app.storage import account_keys
from photo_wire.errors import WireError
from tests.conftest import StartAzurite, StartBackend
from tests.function_app.api import Api
from tests.function_app.memory_store import MemoryTable, memory_services
from tests.support.account_requests import ask
from tests.support.backend import Backend

FIRST, OWN = "the first password", "another good password"
COMMON = [
    *("password1234", "Password2024!", "qwertyuiop12", "iloveyou1234", "letmein12345"),
    *("1234567890abc", "abcdeabcdeabcde", "nightjar1234", "vera.miller1", "P@ssw0rd2024"),
]


@pytest.mark.parametrize("password", COMMON)
def test_a_password_that_others_would_guess_is_not_taken(password: str) -> None:
    """Common ones, and patterns; the name and the program's own are no secrets."""
    with pytest.raises(WireError, match="too easy to guess"):
        users.add(MemoryTable(), "vera.miller", password, Role.VIEWER, None)


@pytest.mark.parametrize("password", ["a good password", "x7Kp2mQ9zA", "dein-4711-ist-kein-wort"])
def test_a_good_password_is_taken(password: str) -> None:
    """Whatever it is made of; the longest one, too."""
    assert users.add(MemoryTable(), "vera", password, Role.VIEWER, None)
    assert not is_common(password * 8, "vera")


@pytest.fixture
def scrypts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows with each password that is hashed; the hash costs nothing."""
    hashed, scrypt = list[str](), passwords._scrypt
    monkeypatch.setattr(passwords, "_COST", 2)

    def counted(password: str, salt: bytes) -> bytes:
        hashed.append(password)
        return scrypt(password, salt)

    monkeypatch.setattr(passwords, "_scrypt", counted)
    return hashed


@pytest.mark.parametrize("first", [None, FIRST])
@pytest.mark.parametrize("is_changed", [False, True])
@pytest.mark.parametrize("name", ["owner", "vera", "nobody", "No Name", "x" * 300])
@pytest.mark.parametrize("password", ["wrong password", FIRST, OWN])
def test_each_sign_in_hashes_once(
    scrypts: list[str], first: str | None, is_changed: bool, name: str, password: str
) -> None:
    """Whoever there is or is not, and whether the owner's password is the setting still."""
    backend = memory_services(Settings("", secrets=Secrets(gallery_password=first)))
    users.add(backend.people, "vera", OWN, Role.VIEWER, None)
    if is_changed:
        owner = users.User(users.OWNER, Role.OWNER, passwords.hash_password(OWN))
        backend.people.upsert(account_keys.USERS, users.OWNER, owner.to_properties())
    scrypts.clear()
    reply = ask(backend, "open_session", {}, {"name": name, "password": password})
    assert len(scrypts) == 1
    is_owners = password == (OWN if is_changed else first)
    is_right = (name == "owner" and is_owners) or (name == "vera" and password == OWN)
    assert reply.status == (200 if is_right else 401)


def test_a_common_first_password_opens_nothing(scrypts: list[str]) -> None:
    """Whoever can set it is told what to do; another one opens."""
    backend = memory_services(Settings("", secrets=Secrets(gallery_password=COMMON[0])))
    said = {"name": "owner", "password": COMMON[0]}
    reply = ask(backend, "open_session", {}, said)
    assert reply.status == 403
    assert b"GALLERY_PASSWORD" in reply.body
    assert not reply.cookies
    better = replace(backend, settings=Settings("", secrets=Secrets(gallery_password=FIRST)))
    assert ask(better, "open_session", {}, {"password": FIRST}).status == 200


@dataclass
class Held:
    """Work in a queue that goes on until it is let go."""

    go: threading.Event = field(default_factory=threading.Event)
    begun: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __call__(self) -> bytes:
        self.begun.release()
        self.go.wait()
        return b"done"


def test_few_passwords_are_looked_at_together_and_few_wait() -> None:
    """The others are told when to come back, at once: they would hold the threads of uploads."""
    queue, held = HashQueue(2), Held()
    refused = threading.Semaphore(0)

    def ask_for_it(_: int) -> str:
        try:
            return queue.run(held).decode()
        except HTTPProblemError as refusal:
            refused.release()
            return f"{refusal.problem.status}, again in {refusal.headers['Retry-After']} s"

    with ThreadPoolExecutor(20) as pool:
        asked = pool.map(ask_for_it, range(20))
        for _ in range(20 - 2 - queue.MAX_WAITING):
            refused.acquire()
        for _ in range(2):
            held.begun.acquire()
        assert not held.begun.acquire(blocking=False), "a third began beside the two"
        held.go.set()
        found = list(asked)
    assert found.count("done") == 2 + queue.MAX_WAITING
    assert found.count("503, again in 5 s") == 20 - 2 - queue.MAX_WAITING
    assert queue.run(lambda: b"next") == b"next"


def test_who_waits_too_long_is_refused_and_counted_for_nobody(
    scrypts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A known browser has a queue of its own, which strangers do not fill."""
    backend = memory_services(Settings("", secrets=Secrets(gallery_password=FIRST)))
    right = {"name": "owner", "password": FIRST}
    reply = ask(backend, "open_session", {}, right)
    browser = {"Cookie": reply.cookies[1].partition(";")[0]}
    queue, held = HashQueue(1), Held()
    monkeypatch.setattr(queue, "MAX_WAIT_SECONDS", 0.01)
    monkeypatch.setattr("function_app.accounts.sessions.ANONYMOUS_QUEUE", queue)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(queue.run, held)
        held.begun.acquire()
        for _ in range(30):
            reply = ask(backend, "open_session", {}, right)
            assert (reply.status, reply.headers["Retry-After"]) == (503, "5")
        assert ask(backend, "open_session", browser, right).status == 200
        held.go.set()
        assert first.result() == b"done"
    monkeypatch.undo()
    assert ask(backend, "open_session", {}, right).status == 200


@pytest.mark.slow
def test_a_flood_of_sign_ins_keeps_memory_and_health(
    start_azurite: StartAzurite, start_backend: StartBackend
) -> None:
    """Forty strangers at once: the backend grows by few hashes' memory, and answers others."""
    own: Backend = start_backend(start_azurite().connection_string)

    def peak() -> int:
        """The most memory that the process ever had, in kB."""
        assert own.process
        lines = Path(f"/proc/{own.process.pid}/status").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])

    said = {"name": "owner", "password": "wrong password"}
    assert Api(own).ask("/api/session", method="POST", json=said).status_code == 401

    def guess(number: int) -> int:
        headers = {"X-Forwarded-For": f"198.51.100.{number}"}
        return Api(own).ask("/api/session", headers, "POST", json=said).status_code

    before = peak()
    with ThreadPoolExecutor(40) as pool:
        found = list(pool.map(guess, range(40)))
        assert Api(own).ask("/api/health").status_code == 200
    assert set(found) <= {401, 503}
    print(f"40 sign-ins at once: {found.count(401)} looked at, {peak() - before} kB more")
    assert peak() - before < 100_000
