"""Add a camera, rotate keys, destroy, back up, restore: one command each, against the fake
Azure."""

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from function_app.auth.device_keys import name_in_key
from tests.infra.conftest import INFRA, NAME, SCRIPTS, TOKEN, Cloud

PHOTO = "entry-20261120T120134567Z-5f3a9c2e"
PATH = f"entry/2026/11/20/{PHOTO}.jpg"
BYTES = "the bytes of a photo"


@pytest.fixture(scope="module")
def after_deploy() -> dict[str, Any]:
    """The state of Azure after deploy.sh; created by the first test that needs it."""
    return {}


@pytest.fixture
def deployed(cloud: Cloud, after_deploy: dict[str, Any]) -> Cloud:
    if not after_deploy:
        assert cloud.deploy().code == 0
        after_deploy |= {part: cloud.state[part] for part in ("groups", "apps", "deployments")}
        cloud.backend.photos.clear()
        cloud.forget_calls()
    cloud.change(**after_deploy)
    return cloud


def key(cloud: Cloud, camera: str) -> str:
    found: str = cloud.state["apps"][NAME]["keys"][camera]
    return found


@pytest.mark.slow
def test_a_camera_gets_a_key_and_the_pi_gets_it(deployed: Cloud) -> None:
    done = deployed.run("add-camera.sh", NAME, "yard", "--to", "pi@camera")
    assert (done.code, done.err) == (0, "")
    assert deployed.state["pi"] == key(deployed, "yard")
    assert name_in_key(key(deployed, "yard")) == "yard"  # it speaks for this camera alone
    pipe, terminal = [call.argv for call in deployed.calls() if call.argv[0] == "ssh"]
    assert (pipe[1], terminal[1:3]) == ("pi@camera", ["-t", "pi@camera"])
    on_the_pi(pipe[2], terminal[3], key(deployed, "yard"), deployed.folder / "pi")


def on_the_pi(pipe: str, terminal: str, stdin: str, root: Path) -> None:
    """Run the command of ssh as the Pi's shell would."""
    etc, home = root / "etc", root / "home"
    etc.mkdir(parents=True)
    home.mkdir()
    for program, line in [("sudo", 'exec "$@"'), ("systemctl", f'echo "$@" >{root}/restarted')]:
        (root / program).write_text(f"#!/bin/sh\n{line}\n")
        (root / program).chmod(0o755)
    file, brought = etc / "azure_function_key", home / ".azure_function_key"
    file.write_text("the old key")
    env = {"PATH": f"{root}:/usr/bin:/bin"}

    def run(command: str, given: str) -> int:
        command = command.replace("/etc/pi-uploader", str(etc))
        args = ["sh", "-c", command]
        return subprocess.run(args, cwd=home, input=given, env=env, text=True).returncode

    assert run(pipe, "") != 0  # nothing at all, as after a broken line
    assert run(terminal, "") != 0  # and nothing replaces nothing, should it come to that
    assert file.read_text() == "the old key"
    assert run(pipe, stdin) == 0
    assert brought.stat().st_mode & 0o777 == 0o600
    assert run(terminal, "") == 0
    assert not brought.exists()
    assert file.read_text() == stdin
    assert file.stat().st_mode & 0o777 == 0o600
    assert (root / "restarted").read_text() == "restart pi-uploader-upload.service\n"


def test_sudo_on_the_pi_may_ask_for_its_password(deployed: Cloud) -> None:
    """Raspberry Pi OS does so since April 2026: on the terminal of the script's user."""
    deployed.change(sudo_asks="raspberry")
    args = (NAME, "entry", "--to", "pi@camera")
    screen = deployed.talk("add-camera.sh", [("password for pi: ", "raspberry")], *args)
    assert "The key of entry is on pi@camera." in screen
    assert deployed.state["pi"] == key(deployed, "entry")
    argv = str([call.argv for call in deployed.calls()])
    assert [one for one in ("raspberry", key(deployed, "entry")) if one in screen + argv] == []


def test_where_sudo_fails_the_manual_steps_are_shown(deployed: Cloud) -> None:
    deployed.change(sudo_asks="raspberry")
    done = deployed.run("add-camera.sh", NAME, "entry", "--to", "pi@camera")
    assert done.code == 1
    assert "pi" not in deployed.state
    assert "a terminal is required" in done.err
    assert "az functionapp keys list" in done.err
    assert "sudo sh -c 'umask 077; cat >/etc/pi-uploader/azure_function_key'" in done.err
    assert f"infra/add-camera.sh {NAME} entry --to pi@camera" in done.last
    assert key(deployed, "entry") not in done.out + done.err


def test_a_key_that_is_there_stays(deployed: Cloud) -> None:
    before = key(deployed, "entry")
    done = deployed.run("add-camera.sh", NAME, "entry")
    assert done.code == 0
    assert key(deployed, "entry") == before
    assert f"infra/add-camera.sh {NAME} entry --to" in done.out
    assert f"BASE_URL=https://{NAME}.azurewebsites.net CAMERA_NAME=entry nightjar/sys" in done.out


@pytest.mark.slow
def test_rotating_replaces_one_key_and_no_other(deployed: Cloud) -> None:
    assert deployed.run("add-camera.sh", NAME, "yard").code == 0
    before = deployed.state["apps"][NAME]["keys"]
    done = deployed.run("rotate-keys.sh", NAME, "entry", "--yes", "--to", "pi@camera")
    assert (done.code, done.err) == (0, "")
    after = deployed.state["apps"][NAME]["keys"]
    assert name_in_key(after["entry"]) == "entry"
    assert {camera for camera in after if after[camera] != before[camera]} == {"entry"}
    assert deployed.state["pi"] == after["entry"]


@pytest.mark.slow
def test_the_old_key_is_tried_until_it_is_rejected(deployed: Cloud) -> None:
    """A running instance has cached it (azure-functions-host issue 4213), so the app is
    restarted."""
    done = deployed.run("rotate-keys.sh", NAME, "entry", "--yes")
    assert (done.code, done.err) == (0, "")
    assert "The old key of entry is refused." in done.out
    calls = deployed.commands()
    made, restarted = (calls.index(f"az {one}") for one in ("rest", "functionapp restart"))
    assert made < restarted < calls.index("curl")
    assert deployed.backend.photos == {}  # the trial stores nothing


@pytest.mark.slow
@pytest.mark.parametrize(
    ("trouble", "hint"),
    [
        ({"no_restart": 1}, f"az functionapp restart -g {NAME} -n {NAME}"),
        pytest.param(
            {"keeps_keys": 1},
            f"az functionapp stop -g {NAME} -n {NAME}",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_an_old_key_that_is_still_accepted_is_reported(
    deployed: Cloud, trouble: dict[str, int], hint: str
) -> None:
    deployed.trouble(**trouble)
    done = deployed.run("rotate-keys.sh", NAME, "entry", "--yes")
    assert done.code == 1
    assert hint in done.last


@pytest.mark.slow  # a key that is there stays, above
def test_a_key_that_does_not_reach_the_pi_can_be_sent_again(deployed: Cloud) -> None:
    deployed.trouble(no_line=1)
    done = deployed.run("rotate-keys.sh", NAME, "entry", "--yes", "--to", "pi@camera")
    assert done.code == 1
    assert "photos wait there" in done.last
    assert f"infra/add-camera.sh {NAME} entry --to pi@camera" in done.last
    assert deployed.run("add-camera.sh", NAME, "entry", "--to", "pi@camera").code == 0
    assert deployed.state["pi"] == key(deployed, "entry")


@pytest.mark.slow  # a key is replaced above, and deployments are in test_deploy.py
def test_the_read_token_is_replaced_and_survives_a_deployment(deployed: Cloud) -> None:
    """Only programs use this token; the sessions of users stay valid."""
    done = deployed.run("rotate-keys.sh", NAME, "--read-token", "--yes", token=None)
    assert done.code == 0
    assert "gallery" not in done.out
    token = deployed.state["apps"][NAME]["settings"]["READ_TOKEN"]
    assert token != TOKEN
    assert len(token) >= 32
    assert deployed.deploy(token=None).code == 0
    assert deployed.state["apps"][NAME]["settings"]["READ_TOKEN"] == token


def test_the_present_read_token_is_not_a_new_one(deployed: Cloud) -> None:
    done = deployed.run("rotate-keys.sh", NAME, "--read-token", "--yes", token=TOKEN)
    assert done.code == 1
    assert "set already: give another" in done.last


@pytest.mark.parametrize(
    ("args", "hint"),
    [
        ((NAME,), "whose key?"),
        ((NAME, "porch"), f"infra/add-camera.sh {NAME} porch"),
        ((NAME, "entry", "yard", "--to", "pi@camera"), "one camera"),
        (("elsewhere", "entry"), "deploy.sh"),
    ],
)
def test_a_rotation_that_cannot_be_changes_nothing(
    deployed: Cloud, args: tuple[str, ...], hint: str
) -> None:
    before = deployed.state
    done = deployed.run("rotate-keys.sh", *args, "--yes")
    assert done.code == 1
    assert hint in done.last
    assert deployed.state == before


def test_destroying_leaves_nothing(deployed: Cloud) -> None:
    done = deployed.run("destroy.sh", NAME, "--yes")
    assert (done.code, done.err) == (0, "")
    assert deployed.state["groups"] == deployed.state["apps"] == {}
    assert deployed.run("destroy.sh", NAME, "--yes").code == 0


def test_a_group_that_is_not_ours_is_left_alone(cloud: Cloud) -> None:
    cloud.change(groups={"family": {"location": "westeurope", "tags": None}})
    done = cloud.run("destroy.sh", NAME, "--group", "family", "--yes")
    assert done.code == 1
    assert "not made by deploy.sh" in done.last
    assert "family" in cloud.state["groups"]


def test_nothing_is_destroyed_without_a_yes(deployed: Cloud) -> None:
    assert deployed.run("destroy.sh", NAME).code == 1
    assert NAME in deployed.state["groups"]


def test_evidence_that_cannot_be_destroyed_is_named(deployed: Cloud) -> None:
    deployed.trouble(immutable=1)
    done = deployed.run("destroy.sh", NAME, "--yes")
    assert done.code == 1
    assert "immutability" in done.last


def blob(path: str, content: str) -> dict[str, Any]:
    known = {
        "id": Path(path).stem,
        "content_type": "image/jpeg",
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "trigger": "motion",
        "clock": "server",
    }
    return {"name": path, "content": content, "metadata": known}


def test_a_backup_holds_the_photos_and_what_is_known_of_them(deployed: Cloud) -> None:
    deployed.change(blobs=[blob(PATH, BYTES)])
    done = deployed.run("backup.sh", NAME, "saved")
    assert (done.code, done.err) == (0, "")
    assert "1 photo is whole" in done.out
    saved = deployed.folder / "saved"
    assert (saved / "photos" / PATH).read_text() == BYTES
    (listed,) = json.loads((saved / "photos.json").read_text())
    assert (listed["path"], listed["known"]["id"]) == (PATH, PHOTO)


@pytest.mark.slow
def test_a_photo_that_was_damaged_is_named(deployed: Cloud) -> None:
    damaged = {**blob(PATH, BYTES), "content": "other bytes"}
    deployed.change(blobs=[damaged])
    done = deployed.run("backup.sh", NAME, "saved")
    assert done.code == 1
    assert f"{PATH} has another SHA-256" in done.err


@pytest.mark.slow
def test_one_month_alone(deployed: Cloud) -> None:
    other = PATH.replace("2026/11", "2026/10")
    deployed.change(blobs=[blob(PATH, BYTES), blob(other, BYTES)])
    assert deployed.run("backup.sh", NAME, "saved", "--month", "2026-11").code == 0
    listed = json.loads((deployed.folder / "saved" / "photos-2026-11.json").read_text())
    assert [one["path"] for one in listed] == [PATH]
    for no_month in ("november", "2026-13", "2026-00"):
        assert "is no month" in deployed.run("backup.sh", NAME, "saved", "--month", no_month).last
    empty = deployed.run("backup.sh", NAME, "saved", "--month", "2026-12")
    assert (empty.code, empty.err) == (0, "")
    assert empty.out.endswith("There are no photos of 2026-12\n")


def test_what_was_saved_comes_back(deployed: Cloud) -> None:
    deployed.change(blobs=[blob(PATH, BYTES)])
    assert deployed.run("backup.sh", NAME, "saved").code == 0
    done = deployed.run("restore.sh", NAME, "saved")
    assert (done.code, done.err) == (0, "")
    assert "1 brought back, 0 were there" in done.out
    assert BYTES.encode() in deployed.backend.photos.values()
    assert "0 brought back, 1 were there" in deployed.run("restore.sh", NAME, "saved").out


@pytest.mark.slow
def test_what_a_person_deleted_is_not_brought_back(deployed: Cloud) -> None:
    """Its tombstone was saved later than its bytes."""
    mark = blob(PATH, "")
    mark["metadata"] = {**blob(PATH, BYTES)["metadata"], "deleted_at": "2026-11-21T08:00:00.000Z"}
    deployed.change(blobs=[mark])
    saved = deployed.run("backup.sh", NAME, "saved")
    assert (saved.code, saved.err) == (0, "")
    assert "There are no photos\n" in saved.out
    assert "0 brought back" in deployed.run("restore.sh", NAME, "saved").out


def test_of_an_alerts_two_rows_one_is_restored(tmp_path: Path) -> None:
    """The second row only says that the alert is kept."""
    alert = {"id": PHOTO, "kind": "loss", "reason": "no-room"}
    rows = [{"RowKey": "1~2~3", **alert, "details": "{}"}, {"RowKey": f"k~{PHOTO}~loss"}]
    (tmp_path / "alerts.json").write_text(json.dumps(rows))
    args = (INFRA / "saved.py", "requests", tmp_path, "https://x", tmp_path)
    command = [sys.executable, *map(str, args)]
    done = subprocess.run(command, input="key", text=True, capture_output=True, check=True)
    assert done.stdout == "1 request to send\n"
    assert json.loads((tmp_path / "alerts-0.json").read_text()) == {
        "alerts": [{**alert, "details": {}}]
    }


@pytest.mark.slow
def test_what_does_not_come_back_is_named(deployed: Cloud) -> None:
    deployed.change(blobs=[blob(PATH, BYTES)])
    assert deployed.run("backup.sh", NAME, "saved").code == 0
    deployed.backend.deaf = 1
    done = deployed.run("restore.sh", NAME, "saved")
    assert done.code == 1
    assert f"401 {PATH}" in done.err
    assert "run this again" in done.last


@pytest.mark.parametrize("script", [one.name for one in SCRIPTS])
def test_a_name_that_is_missing_is_asked_for(cloud: Cloud, script: str) -> None:
    assert f"which app? infra/{script} NAME" in cloud.run(script).last
    if script == "add-camera.sh":
        assert f"which camera? infra/{script} {NAME} CAMERA" in cloud.run(script, NAME).last


@pytest.mark.parametrize("script", [one.name for one in SCRIPTS])
def test_every_script_has_a_help(cloud: Cloud, script: str) -> None:
    done = cloud.run(script, "--help")
    assert done.code == 0
    assert done.out.startswith(f"infra/{script} ")
    assert cloud.calls() == []


@pytest.mark.parametrize("script", sorted(INFRA.glob("*.sh")), ids=lambda path: path.name)
def test_shellcheck_has_nothing_to_say(script: Path) -> None:
    if not shutil.which("shellcheck"):
        pytest.skip("there is no shellcheck: run tests/support/systemd_machine/install.sh")
    checked = subprocess.run(["shellcheck", "-x", script], capture_output=True, text=True)
    assert checked.stdout == ""
