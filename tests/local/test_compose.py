"""compose.yaml, as far as it can be checked without Docker's engine and Microsoft's images: its
form, that it agrees with the code, and that its settings work with the same Azurite, the local host
and the device as processes."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml  # type: ignore[import-untyped]

from function_app import settings
from local import container_secrets
from local.dist import AZURE_CONTENT
from local.lock_files import AZURE_PYTHONS, DEVICE_LOCK
from local.ports import free_ports
from local.processes import ROOT, answers, start, stop, wait_until
from tests.support.waiting import wait_for

COMPOSE, DOCKERFILE = ROOT / "compose.yaml", ROOT / "local" / "Dockerfile"
RULES = "{extends: default, rules: {line-length: {max: 120}}}"
OF_THE_HOST = {  # what the Functions host itself reads
    *("AzureWebJobsSecretStorageType", "FUNCTIONS_SECRETS_PATH", "AzureFunctionsWebHost__hostid"),
    "ASPNETCORE_URLS",
}
OF_THE_BACKEND = {
    *(settings.STORAGE, settings.READ_TOKEN, settings.ADMIN_TOKEN, settings.GALLERY_PASSWORD),
    *(settings.RETENTION, settings.MAX_PHOTO_MB, settings.PUBLIC_URL),
    *(settings.TRUSTED_PROXY_COUNT, settings.CORS_ORIGINS),
    *(settings.PUSH_HOSTS, settings.CHANNEL_NETWORKS),
}
TOKEN = "read-token-of-the-containers"


def compose(env_file: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run docker-compose, which needs no engine to check a file."""
    if not shutil.which("docker-compose"):
        if os.environ.get("CI"):
            pytest.fail("docker-compose is missing: make compose-tools")
        pytest.skip("needs docker-compose: make compose-tools, as root")
    command = ["docker-compose", "--env-file", str(env_file), "-f", str(COMPOSE)]
    return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, secrets_used: set[str]) -> Path:
    """A folder with the generated secrets."""
    folder = tmp_path_factory.mktemp("compose")
    example = (ROOT / ".env.example").read_text()
    (folder / ".env").write_text(example.replace("READ_TOKEN=", f"READ_TOKEN={TOKEN}"))
    container_secrets.main(folder)
    keys = json.loads((folder / container_secrets.HOST_KEYS).read_text())
    secrets_used.update({keys["masterKey"]["value"], keys["functionKeys"][0]["value"]})
    return folder


@pytest.fixture(scope="module")
def services(folder: Path) -> dict[str, Any]:
    """The services as docker-compose understands them."""
    done = compose(folder / ".env", "--profile", "device", "config")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = yaml.safe_load(done.stdout)["services"]
    return found


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, check=False, stderr=subprocess.DEVNULL).returncode == 0


def written() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())
    return content


def test_the_linter_has_no_complaint() -> None:
    linter = [sys.executable, "-m", "yamllint", "--strict", "-d", RULES, str(COMPOSE)]
    done = subprocess.run(linter, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_without_secrets_it_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / ".env").touch()
    done = compose(tmp_path / ".env", "config")
    assert done.returncode != 0
    assert "make container-secrets" in done.stderr


def test_the_device_alone_runs_only_if_its_profile_is_asked_for() -> None:
    profiles = {name: one.get("profiles") for name, one in written()["services"].items()}
    assert profiles == {"azurite": None, "backend": None, "device": ["device"]}


def test_no_secret_is_in_the_file() -> None:
    """Each comes from .env, which neither git nor an image gets."""
    for service in written()["services"].values():
        for name, value in service["environment"].items():
            if re.search("KEY|TOKEN|PASSWORD|ACCOUNTS|Storage$", name):
                assert "${" in value, name
    ignored = (ROOT / ".gitignore").read_text().splitlines()
    assert {"/.env", "/.local/"} <= set(ignored)
    (pattern, *exceptions) = [
        line for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] != "#"
    ]
    assert pattern == "*"
    assert not [one for one in exceptions if ".env" in one or ".local" in one]


@pytest.mark.slow
def test_every_service_is_restarted_checked_and_kept_small(services: dict[str, Any]) -> None:
    for name, service in services.items():
        assert service["restart"] == "unless-stopped"
        assert service["healthcheck"]["test"][0] == "CMD"
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["logging"]["options"].keys() == {"max-size", "max-file"}
        assert not service.get("privileged")
        if name != "backend":
            assert service["read_only"]
            assert service["cap_drop"] == ["ALL"]
    assert "ports" not in services["azurite"]  # only the backend and the device reach it


def test_every_variable_is_one_that_its_reader_knows(services: dict[str, Any]) -> None:
    backend = services["backend"]["environment"]
    assert backend.keys() == OF_THE_HOST | OF_THE_BACKEND
    read = settings.read_settings(backend)
    assert read.secrets.read_token == TOKEN
    assert not read.network.is_on_azure
    example = (ROOT / ".env.example").read_text()
    used = set(re.findall(r"\$\{(\w+)", COMPOSE.read_text()))
    assert set(re.findall(r"^(\w+)=", example, re.MULTILINE)) == used
    done = subprocess.run(
        [sys.executable, "-m", "pi_uploader", "config", "check"],
        env={"PATH": os.environ["PATH"], **services["device"]["environment"]},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_ports_paths_and_versions_agree(services: dict[str, Any]) -> None:
    azurite, backend, device = (services[name] for name in ("azurite", "backend", "device"))
    package = json.loads((ROOT / "package.json").read_text())
    version = package["devDependencies"]["azurite"]
    assert azurite["image"] == f"mcr.microsoft.com/azure-storage/azurite:{version}"
    port = backend["environment"]["ASPNETCORE_URLS"].rpartition(":")[2]
    (published,) = written()["services"]["backend"]["ports"]
    assert published.endswith(f":{port}")
    assert f"127.0.0.1:{port}/api/health" in backend["healthcheck"]["test"][-1]
    assert device["environment"]["BASE_URL"] == f"http://backend:{port}"
    (mount,) = written()["services"]["backend"]["volumes"]
    assert mount["source"] == f"./{container_secrets.HOST_KEYS.parent}"
    assert mount["target"] == backend["environment"]["FUNCTIONS_SECRETS_PATH"]
    assert device["volumes"] == [f"spool:{device['environment']['CAMERA_SPOOL']}:rw"]


def test_the_images_get_what_azure_gets() -> None:
    """The same files, and the packages of a version of Python that Azure has."""
    text = DOCKERFILE.read_text()
    first, second = text.split("AS device")
    (python,) = re.findall(r"^FROM \S+/azure-functions/python:4-python(\S+) AS backend", text, re.M)
    assert python in AZURE_PYTHONS
    assert f"FROM python:{python}-" in text
    assert text.count(f"COPY infra/requirements-{python}.txt requirements.txt") == 2
    copied = {
        name
        for line in re.findall(r"^COPY (.*) \S+$", first, re.M)
        for name in line.split()
        if not name.startswith("infra/")
    }
    assert copied | {"requirements.txt"} == AZURE_CONTENT
    (root,) = re.findall(r"AzureWebJobsScriptRoot=(\S+)", first)
    assert f"WORKDIR {root}\n" in first
    assert "COPY pi_uploader pi_uploader" in second
    device_lock = str(DEVICE_LOCK.relative_to(ROOT))
    assert f"COPY {device_lock} requirements-device.txt" in second
    allowed = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if "!" in line
    }
    assert allowed == copied | {"pi_uploader", f"infra/requirements-{python}.txt", device_lock}
    assert all((ROOT / name).exists() for name in allowed)


@pytest.fixture
def running(
    services: dict[str, Any], folder: Path, tmp_path: Path, log_folder: Path
) -> Iterator[tuple[str, int]]:
    """Azurite, the local host and the device, with the commands and settings of the containers. The
    names of containers become ports of this machine, and folders those of the test."""
    ports, port = free_ports(3), free_ports(1)[0]
    azurite, backend, device = (services[name] for name in ("azurite", "backend", "device"))
    program, *options = azurite["command"]
    options = [re.sub("=0.0.0.0$", "=127.0.0.1", one) for one in options]
    options = [re.sub("=/data$", f"={tmp_path}", one) for one in options]
    kinds = ("blob", "queue", "table")
    options += [f"--{kind}Port={one}" for kind, one in zip(kinds, ports, strict=True)]

    def local(environment: dict[str, str]) -> dict[str, str]:
        text = json.dumps(environment).replace("http://backend:8080", f"http://127.0.0.1:{port}")
        for number, one in enumerate(ports):
            text = text.replace(f"azurite:1000{number}", f"127.0.0.1:{one}")
        replaced: dict[str, str] = json.loads(text)
        return {"PATH": os.environ["PATH"], **replaced}

    keys = json.loads((folder / container_secrets.HOST_KEYS).read_text())
    host_keys = {"FUNCTION_KEY": keys["functionKeys"][0]["value"]}
    with (log_folder / "compose.log").open("ab") as log, ExitStack() as stack:

        def run(command: list[str], environment: dict[str, str]) -> "subprocess.Popen[bytes]":
            process = start(command, env=local(environment), output=log)
            stack.callback(stop, process)
            return process

        storage = run(
            [str(ROOT / "node_modules" / ".bin" / program), *options], azurite["environment"]
        )
        wait_until(
            lambda: answers(f"http://127.0.0.1:{ports[2]}/nightjar"), storage, "Azurite", 120
        )
        command = [sys.executable, "-m", "local.host", "--port", str(port)]
        host = run(command, backend["environment"] | host_keys)
        _, code = backend["healthcheck"]["test"][-2:]
        check = [sys.executable, "-c", code.replace(":8080", f":{port}")]
        wait_until(lambda: succeeds(check), host, "the health check", 120)
        spool = {"CAMERA_SPOOL": str(tmp_path / "spool")}
        run([sys.executable, "-m", "pi_uploader", "run"], device["environment"] | spool)
        yield f"http://127.0.0.1:{port}", ports[0]


@pytest.mark.slow  # each setting is checked below
def test_a_photo_arrives_with_these_settings(running: tuple[str, int]) -> None:
    """From the simulated device, with the function key of the host's file, in the account with a
    key of its own; and Azurite answers to the name of its container."""
    base_url, blob_port = running
    bearer = {"Authorization": f"Bearer {TOKEN}"}

    def listed() -> list[dict[str, Any]]:
        reply = requests.get(f"{base_url}/api/photos", headers=bearer, timeout=60)
        photos: list[dict[str, Any]] = reply.json()["photos"]
        return photos

    (photo, *_) = wait_for(listed, 120, "a photo")
    assert photo["camera"] == "simulated"
    url = f"http://127.0.0.1:{blob_port}/nightjar?comp=list"
    by_name = requests.get(url, headers={"Host": "azurite:10000"}, timeout=60)
    assert by_name.status_code == requests.get(url, timeout=60).status_code == 403
