"""Fixtures of all tests: one Azurite and one backend per process, and more on request.

The tests may run in several processes at once (`pytest -n 4`, tests/support/scheduling.py): use no
fixed port, no fixed path, and nothing that another file created. The store is shared within a
process: use a camera name of its own in each test. Every process that a test starts writes its
output into `log_folder`, and the keys it uses go into `secrets_used`: at the end of the session
tests/support/secret_scan.py searches the logs for the secrets.
"""

import gc
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer

from function_app.auth import passwords
from local.azurite import ACCOUNT_KEY, Azurite
from tests.support.backend import Backend
from tests.support.password_cost import TEST_COST
from tests.support.scheduling import FileScheduling, sort_longest_first
from tests.support.secret_scan import SecretScan
from tests.support.watch import Watch

# The time for an example depends on the load of the machine, and not only on the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")
# `pytest --hypothesis-profile=everyday`, as in `make test-fast`: a fifth of the usual examples.
settings.register_profile("everyday", settings.get_profile("patient"), max_examples=20)

EMPTY_ACCOUNTS = tuple(f"empty{number:03}" for number in range(500))  # more than the tests use

StartAzurite = Callable[..., Azurite]
NewStore = Callable[[], str]
StartBackend = Callable[..., Backend]


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(SecretScan(config), SecretScan.__name__)
    config.pluginmanager.register(Watch(config))


@pytest.fixture(scope="session", autouse=True)
def cheap_passwords() -> Iterator[None]:
    """Hash passwords at no cost. `new_backend` starts backends that do so, too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_COST", TEST_COST)
        yield


@pytest.fixture(scope="session")
def secret_scan(pytestconfig: pytest.Config) -> SecretScan:
    """The session's search for secrets in logs."""
    scan = pytestconfig.pluginmanager.get_plugin(SecretScan.__name__)
    assert isinstance(scan, SecretScan)
    return scan


@pytest.fixture(scope="session")
def log_folder(secret_scan: SecretScan, worker_id: str) -> Path:
    """The folder for the logs of all started processes."""
    folder = secret_scan.log_folder / worker_id
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def secrets_used(secret_scan: SecretScan) -> set[str]:
    """All texts that no log may contain. A test adds the secrets that it creates."""
    secret_scan.secrets.add(ACCOUNT_KEY)
    return secret_scan.secrets


@pytest.fixture(scope="session")
def azurite(log_folder: Path) -> Iterator[Azurite]:
    """The session's Azurite, in memory. Do not stop it: use `start_azurite` for that."""
    with ExitStack() as running:
        output = running.enter_context((log_folder / "azurite.log").open("ab"))
        yield running.enter_context(Azurite(output=output, more_accounts=EMPTY_ACCOUNTS))


@pytest.fixture(scope="session")
def new_store(azurite: Azurite) -> NewStore:
    """new_store() -> the connection string of an empty storage account of the session's Azurite.
    It is available at once, unlike an Azurite of the test's own."""
    accounts = iter(EMPTY_ACCOUNTS)
    return lambda: azurite.connection_string_of(next(accounts))


@pytest.fixture
def start_azurite(log_folder: Path) -> Iterator[StartAzurite]:
    """start_azurite(folder=None) -> the test's own Azurite, to stop, kill and start."""
    with ExitStack() as running:

        def start(folder: Path | None = None) -> Azurite:
            output = running.enter_context((log_folder / "azurite.log").open("ab"))
            return running.enter_context(Azurite(folder, output=output))

        yield start


@pytest.fixture(scope="session")
def backend(azurite: Azurite, log_folder: Path, secrets_used: set[str]) -> Iterator[Backend]:
    """The session's backend over `azurite`. Do not stop it: use `start_backend` for that."""
    with running_backend(azurite.connection_string, log_folder, secrets_used) as one:
        yield one


@pytest.fixture(scope="module")
def backend_of_file(
    new_store: NewStore, log_folder: Path, secrets_used: set[str]
) -> Iterator[Backend]:
    """A backend over a store that this file alone fills. That of the session's backend holds the
    photos, cameras and audit log of hundreds of tests: what reads all of them takes seconds."""
    with running_backend(new_store(), log_folder, secrets_used) as one:
        yield one


@pytest.fixture
def start_backend(log_folder: Path, secrets_used: set[str]) -> Iterator[StartBackend]:
    """start_backend(connection_string, **env) -> the test's own backend, with new keys, to stop,
    kill and start. `env` adds to its environment."""
    with ExitStack() as running:

        def start(connection_string: str, **env: str) -> Backend:
            one = new_backend(connection_string, env, log_folder, secrets_used)
            running.callback(one.stop)
            one.start()
            return one

        yield start


@contextmanager
def running_backend(
    connection_string: str, logs: Path, secrets_used: set[str]
) -> Iterator[Backend]:
    """A backend with new keys, for a fixture that several tests share."""
    one = new_backend(connection_string, {}, logs, secrets_used)
    one.start()
    yield one
    one.stop()


def new_backend(
    connection_string: str, env: Mapping[str, str], logs: Path, secrets_used: set[str]
) -> Backend:
    one = Backend(
        connection_string=connection_string,
        log=logs / f"backend-{secrets.token_hex(3)}.log",
        function_key=secrets.token_urlsafe(32),
        read_token=secrets.token_urlsafe(32),
        admin_token=secrets.token_urlsafe(32),
        password=secrets.token_urlsafe(12),
        env=env,
    )
    secrets_used.update({one.function_key, one.read_token, one.admin_token, one.password})
    secrets_used.add(one.master_key)
    return one


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Do not collect garbage while the tests are collected: all of them stay, and to look through
    them again and again takes a quarter of the time."""
    gc.disable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    sort_longest_first(items)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Collect garbage from now on, among what is made from now on."""
    gc.freeze()
    gc.enable()


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> FileScheduling:
    return FileScheduling(config, log)
