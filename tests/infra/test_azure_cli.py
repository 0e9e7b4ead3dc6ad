"""The real azure-cli, without a subscription: what it makes of the scripts' commands.

It is installed from the package index into .local/azure-cli, once: 700 MB, some minutes.
"""

import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests

from local.processes import ROOT
from photo_wire.headers import PhotoHeaders, Trigger
from photo_wire.name import parse_name
from tests.conftest import StartAzurite, StartBackend
from tests.infra.bicep import ARM, BICEP
from tests.infra.conftest import INFRA, NAME, TOKEN, Cloud, new_cloud, running_gate
from tests.support.backend import Backend
from tests.support.pictures import jpeg

VERSIONS = ("azure-cli==2.91.0", "pycep-parser==0.7.1")
HOME = ROOT / ".local" / "azure-cli"
AZ = HOME / "bin" / "az"
WANTS_LOGIN = "az login"
LOCAL = (["login"], ["storage"], ["account", "set", "--subscription", "the one to use"])  # in prose

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def azure_cli(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No user is signed in to it, whoever is signed in on this machine."""
    done = HOME / ".done"
    if not done.exists() or done.read_text() != " ".join(VERSIONS):
        subprocess.run([sys.executable, "-m", "venv", HOME], check=True)
        # Of its 300 MB of source the tests run a tenth: to compile all takes over a minute.
        pip = f"{HOME / 'bin' / 'python'} -m pip install --quiet --no-compile"
        pip += " --disable-pip-version-check"
        subprocess.run([*pip.split(), *VERSIONS], check=True)
        done.write_text(" ".join(VERSIONS))
    return tmp_path_factory.mktemp("azure-config")


def environment(config: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    return {
        **os.environ,
        "AZURE_CONFIG_DIR": str(config),
        "AZURE_CORE_COLLECT_TELEMETRY": "no",
        "AZURE_EXTENSION_USE_DYNAMIC_INSTALL": "no",
        **(more or {}),
    }


def checked(what: str, asked: Any, **options: Any) -> Any:
    """Return what in_azure_cli.py prints; `options` are those of the process."""
    done = subprocess.run(
        [HOME / "bin" / "python", Path(__file__).with_name("in_azure_cli.py"), what],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Cloud, str]]:
    """All commands that the scripts run, and all that they show to users."""
    with running_gate() as gate:
        cloud = new_cloud(tmp_path_factory.mktemp("cloud"), gate)
        photo = {"name": "a/2026/11/20/b.jpg", "content": "x", "metadata": {"sha256": "0"}}
        cloud.change(blobs=[photo], writes_connection=True)
        output = ""
        for script, *args in [
            ("deploy.sh", NAME, "westeurope", "--yes", "--keep-days", "30"),
            ("deploy.sh", NAME, "--dry-run"),
            ("deploy.sh", NAME, "--yes", "--build-here"),
            ("add-camera.sh", NAME, "yard"),
            ("rotate-keys.sh", NAME, "yard", "--read-token", "--yes"),
            ("backup.sh", NAME, "saved"),
            ("restore.sh", NAME, "saved"),
            ("destroy.sh", NAME, "--yes"),
        ]:
            done = cloud.run(script, *args, token=None if script == "rotate-keys.sh" else TOKEN)
            # the backup says that the photo is not whole
            assert done.code == 0 or script == "backup.sh", done.err
            output += done.out
        yield cloud, output


def commands_in(text: str) -> list[list[str]]:
    """Return the az commands in a text, each as a list of arguments."""
    joined = re.sub(r"\\\n\s*", "", text)
    found = re.findall(r"(?:^ *|: +|\(|`)(az (?:[^\n|()`]|\([^\n()]*\))+)", joined, re.MULTILINE)
    return [shlex.split(one, comments=True)[1:] for one in found]


def test_every_az_line_parses(
    azure_cli: Path, everything: tuple[Cloud, str], tmp_path: Path
) -> None:
    """Exit 1, since no user is signed in, and never 2, which stands for a wrong command or
    option."""
    cloud, output = everything
    ran = [call.argv[1:] for call in cloud.calls() if call.argv[0] == "az"]
    operate = (ROOT / "docs" / "operate.md").read_text()
    (where,) = re.findall(r"^ *export (AZURE_STORAGE_ACCOUNT=.+)", operate, re.MULTILINE)
    account = dict(one.split("=") for one in where.split())
    texts = output + (INFRA / "README.md").read_text() + operate
    assert [one for one in commands_in(texts) if one[:2] == ["functionapp", "keys"]]
    assert [one for one in commands_in(texts) if one[:3] == ["storage", "blob", "undelete"]]
    assert [one for one in commands_in(texts) if one[:3] == ["storage", "entity", "delete"]]
    assert [one for one in commands_in(texts) if one[:3] == ["role", "assignment", "delete"]]
    given = {name: {"value": "x" * 16} for name in ("name", "readToken", "galleryPassword")}
    file = tmp_path / "file"  # in the place of those that the scripts have deleted by now
    file.write_text(json.dumps({"parameters": given}))

    commands: dict[str, list[str]] = {}
    for argv in [*ran, *commands_in(texts)]:
        known = [f"@{file}" if one.startswith("@") else one for one in argv]
        known = [str(file) if one.endswith(".zip") else one for one in known]
        known = [str(ARM) if one.endswith(".bicep") else one for one in known]  # needs a compiler
        shape = " ".join(one for one in known if not one.startswith("/"))
        if argv not in LOCAL:
            commands.setdefault(shape, known)
    written = "".join(script.read_text() for script in INFRA.glob("*.sh"))
    for group in set(re.findall(r"\baz ((?:[a-z][a-z-]* )+)--", written)):
        assert any(shape.startswith(group) for shape in commands), f"az {group} was never run"

    asked = list(commands.values())
    done = checked("commands", asked, cwd=cloud.folder, env=environment(azure_cli, account))
    wrong = [
        (argv, code, error)
        for argv, (code, error) in zip(asked, done, strict=True)
        if code != 1 or WANTS_LOGIN not in error
    ]
    assert wrong == []
    assert len(commands) > 25


def test_a_wrong_option_is_detected(azure_cli: Path) -> None:
    wrong = ["group", "create", "--name", "x", "--region", "y"]
    [(code, _)] = checked("commands", [wrong], env=environment(azure_cli))
    assert code == 2


def test_the_stand_in_answers_queries_as_az_does(
    azure_cli: Path, everything: tuple[Cloud, str]
) -> None:
    cloud, _ = everything
    asked = []
    for one in cloud.records():
        if one["argv"][0] == "answer":
            options = dict(zip(one["argv"], one["argv"][1:], strict=False))
            asked.append((options["--query"], one["full"], one["text"], options["--output"]))
    assert len({query for query, *_ in asked}) >= 12
    assert checked("queries", asked) == []
    wrong = [("[].name", [{"name": "a"}], "b\n", "tsv")]
    assert len(checked("queries", wrong)) == 1


def test_the_template_has_only_properties_that_azure_knows(azure_cli: Path) -> None:
    """Unknown names, and values of another type, in every resource."""
    arm = json.loads(ARM.read_text())
    assert checked("template", arm) == []
    for before, after in [
        ('"allowSharedKeyAccess": false', '"allowSharedKeys": false'),
        ('"perInstanceConcurrency"', '"perInstanceConcurency"'),
        ('"instanceMemoryMB":', '"instanceMemory":'),
        ('"dailyQuotaGb"', '"dailyQuota"'),
        ('"reserved": true', '"reserved": "true"'),
        ('"daysAfterModificationGreaterThan"', '"daysAfterModification"'),
        ('"SystemAssigned"', '"SystemAsigned"'),
        ('"appSettings"', '"applicationSettings"'),
        ('"excludedPaths"', '"excludePaths"'),
        ('"principalType"', '"principal"'),
        ('"RedirectToLoginPage"', '"Redirect"'),
        ('"immutabilityPeriodSinceCreationInDays"', '"immutabilityPeriod"'),
    ]:
        assert before in ARM.read_text()
        assert len(checked("template", json.loads(ARM.read_text().replace(before, after)))) >= 1


def test_another_parser_accepts_the_bicep(azure_cli: Path) -> None:
    source = BICEP.read_text()
    assert checked("bicep", source) == []
    assert checked("bicep", source.replace("resource app ", "resource ")) != []


def test_a_backup_and_its_restoring_through_the_real_az_storage(
    azure_cli: Path,
    cloud: Cloud,
    start_backend: StartBackend,
    start_azurite: StartAzurite,
) -> None:
    """From one store into another: photos with their metadata, and alerts."""
    one, other = start_azurite(), start_azurite()
    first = start_backend(one.connection_string)
    picture = jpeg(seed=6006)
    photo = parse_name("gate-20261120T120134567Z-5f3a9c2e")
    headers = PhotoHeaders(name=photo, trigger=Trigger.MOTION, content_type="image/jpeg")
    put(first, headers.to_headers(), picture)
    put(first, {"Content-Type": "image/jpeg", "X-Camera-Id": "old"}, jpeg(seed=6007))
    lost = replace(photo, tag="0000dead")
    alert = {"id": str(lost), "kind": "loss", "reason": "disk-full", "details": {"size": 5}}
    device = {"x-functions-key": first.function_key}
    url = f"{first.base_url}/api/alerts"
    requests.post(url, json={"alerts": [alert]}, headers=device, timeout=90).raise_for_status()

    assert cloud.deploy().code == 0
    real = {
        "REAL_AZ": str(AZ),
        "AZURE_CONFIG_DIR": str(azure_cli),
        "AZURE_STORAGE_CONNECTION_STRING": one.connection_string,
    }
    done = cloud.run("backup.sh", NAME, "saved", **real)
    assert (done.code, done.err) == (0, "")
    assert "2 photos are whole" in done.out
    path = f"gate/2026/11/20/{photo}.jpg"
    assert (cloud.folder / "saved" / "photos" / path).read_bytes() == picture

    where = ["--connection-string", one.connection_string, "--output", "tsv", "--query"]
    for command, query, shown in [
        ("blob show --container-name photos --name " + path, "metadata.id", str(photo)),
        (f"entity query --table-name photos --filter id|eq|'{photo}'", "items[0].id", str(photo)),
        ("entity query --table-name alerts", "items[0].reason", "disk-full"),
    ]:
        argv = [argument.replace("|", " ") for argument in command.split()]
        found = subprocess.run(
            [AZ, "storage", *argv, *where, query],
            env=environment(azure_cli),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert (found.returncode, found.stdout) == (0, f"{shown}\n"), found.stderr

    second = start_backend(other.connection_string)
    apps = cloud.state["apps"]
    apps[NAME]["keys"]["default"] = second.function_key
    cloud.change(apps=apps, backend=second.base_url)
    done = cloud.run("restore.sh", NAME, "saved")
    assert (done.code, done.err) == (0, "")
    assert "2 brought back, 1 were there" in done.out

    assert get(second, f"photos/{photo}/content").content == picture
    ours, restored = get(first, "photos").json(), get(second, "photos").json()
    for listed in (*ours["photos"], *restored["photos"]):
        del listed["received_at"]
        listed.pop("clock")  # a time that the server gave counts as the device's from now on
    assert restored == ours
    (back,) = get(second, "alerts").json()["alerts"]
    assert alert.items() <= back.items()


def put(backend: Backend, headers: dict[str, str], body: bytes) -> None:
    url = f"{backend.base_url}/api/camera/photo"
    key = {"x-functions-key": backend.function_key}
    reply = requests.put(url, data=body, headers={**headers, **key}, timeout=90)
    assert reply.status_code == 201


def get(backend: Backend, path: str) -> requests.Response:
    token = {"Authorization": f"Bearer {backend.read_token}"}
    reply = requests.get(f"{backend.base_url}/api/{path}", headers=token, timeout=90)
    reply.raise_for_status()
    return reply
