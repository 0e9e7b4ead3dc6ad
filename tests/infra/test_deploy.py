"""infra/deploy.sh from start to end, against a fake Azure (stand_in.py)."""

import io
import re
import zipfile

import pytest

from function_app.retention_policy import parse_retention
from local.dist import AZURE_CONTENT
from tests.infra.conftest import INFRA, NAME, PASSWORD, TOKEN, Cloud
from tests.infra.stand_in import ACCESS_TOKEN

pytestmark = pytest.mark.slow

ANOTHER_TOKEN = "another-read-token-0123456789"

IN_ORDER = [
    "az account show",
    "az functionapp list",
    "az rest",
    "az functionapp list-flexconsumption-locations",
    "az provider register",
    "az group create",
    "az deployment group create",
    "sleep 60",
    "az functionapp deployment source config-zip",
    "curl",
    "az rest",
    "curl",
    "curl",
]


def test_an_empty_subscription_gets_a_camera_in_the_cloud(cloud: Cloud) -> None:
    done = cloud.deploy("--camera", "entry", "--camera", "yard")
    assert (done.code, done.err) == (0, "")

    calls = iter(cloud.commands())
    assert [one for one in IN_ORDER if one not in calls] == []  # each after the one before

    app = cloud.state["apps"][NAME]
    assert app["keys"].keys() == {"default", "entry", "yard"}
    assert app["settings"]["READ_TOKEN"] == TOKEN
    assert app["settings"]["GALLERY_PASSWORD"] == PASSWORD
    with zipfile.ZipFile(io.BytesIO(bytes.fromhex(app["package"]))) as package:
        assert {name.partition("/")[0] for name in package.namelist()} == AZURE_CONTENT
    assert app["settings"]["PYTHON_THREADPOOL_THREAD_COUNT"] == "8"
    assert cloud.state["groups"][NAME]["tags"] == {"made-by": "nightjar"}
    (photo,) = cloud.backend.photos.values()
    assert photo == (INFRA / "test-photo.jpg").read_bytes()

    for text in [
        f"https://{NAME}.azurewebsites.net",
        f"sudo BASE_URL=https://{NAME}.azurewebsites.net CAMERA_NAME=entry nightjar/systemd",
        f"infra/add-camera.sh {NAME} entry --to pi@",
        "Storage Explorer",
        "Blob Containers > photos",
        "Read back, byte for byte.",
        "The cookie __Secure-nightjar_session is one that browsers keep; its Domain: domain=\n",
    ]:
        assert text in done.out


def test_the_plan_is_shown_before_anything_is_done(cloud: Cloud) -> None:
    """And with --dry-run it changes nothing."""
    before = cloud.state
    done = cloud.deploy("--dry-run", "--keep-days", "30")
    assert done.code == 0
    assert re.search(r"--keep-days +30d\n", done.out)
    assert re.search(r"region +westeurope\n", done.out)
    assert "Pay as you go" in done.out
    assert cloud.state == before
    assert not any(
        one.split()[-1] in ("create", "set", "register", "config-zip") for one in cloud.commands()
    )


def test_without_a_yes_nothing_happens(cloud: Cloud) -> None:
    before = cloud.state
    done = cloud.run("deploy.sh", NAME, "westeurope")
    assert done.code == 1
    assert "add --yes" in done.last
    assert cloud.state == before


def test_a_rerun_changes_nothing(cloud: Cloud) -> None:
    """Not even what only the first run requested: token, days, region, cameras."""
    assert cloud.deploy("--keep-days", "30", "--camera", "yard", "--camera", "gate").code == 0
    before, photos = cloud.state, dict(cloud.backend.photos)
    cloud.forget_calls()

    done = cloud.run("deploy.sh", NAME, "--yes", token=None)
    assert (done.code, done.err) == (0, "")
    assert cloud.state == before
    assert cloud.backend.photos == photos
    assert re.search(r"--keep-days +30d\n", done.out)
    assert "It is there, and stays." in done.out
    ran = cloud.commands()
    assert "az group create" not in ran
    assert "sleep 60" not in ran


def test_a_rerun_shows_what_changes(cloud: Cloud) -> None:
    assert cloud.deploy().code == 0
    done = cloud.run("deploy.sh", NAME, "--dry-run", "--keep-days", "14", token=None)
    assert re.search(r"--keep-days +14d \(was 120d\)\n", done.out)
    assert "az deployment group what-if" in cloud.commands()


@pytest.mark.parametrize(
    ("keep_days", "retention", "net"),
    [
        ("30", "30d", 37),
        ("0", "forever", 0),
        ("120d, gate=400d", "120d,gate=400d", 407),
        ("30d,site=forever", "30d,site=forever", 0),
    ],
)
def test_storage_never_deletes_what_the_backend_still_keeps(
    cloud: Cloud, keep_days: str, retention: str, net: int
) -> None:
    assert cloud.deploy("--keep-days", keep_days).code == 0
    settings = cloud.state["apps"][NAME]["settings"]
    assert settings["RETENTION"] == retention
    parse_retention(retention)
    assert cloud.state["deployments"][NAME]["parameters"]["netDays"]["value"] == net


def test_what_is_not_given_is_made_up(cloud: Cloud) -> None:
    done = cloud.deploy(token=None)
    settings = cloud.state["apps"][NAME]["settings"]
    made = {settings["READ_TOKEN"], settings["GALLERY_PASSWORD"]}
    assert len(made) == 2
    argv = str([call.argv for call in cloud.calls()])
    for secret in made:
        assert re.fullmatch("[0-9a-f]{48}", secret)
        assert secret not in done.out + done.err + argv


def test_a_setting_made_by_hand_is_named_before_it_goes(cloud: Cloud) -> None:
    assert cloud.deploy().code == 0
    apps = cloud.state["apps"]
    kept = {
        "ADMIN_TOKEN": "a" * 20,
        "PUBLIC_URL": "https://photos.example",
        "TRUSTED_PROXY_COUNT": "2",
        "STORAGE_SDK_ONLY": "1",
        "CORS_ORIGINS": "https://app.example",
        "PUSH_HOSTS": "push.example.org",
        "CHANNEL_NETWORKS": "10.1.2.0/24",
    }
    apps[NAME]["settings"] |= {"BY_HAND": "1", **kept}
    cloud.change(apps=apps)
    assert "BY_HAND" in cloud.run("deploy.sh", NAME, "--dry-run", token=None).out
    assert cloud.deploy().code == 0
    settings = cloud.state["apps"][NAME]["settings"]
    assert "BY_HAND" not in settings
    assert settings.items() >= kept.items()


def test_no_secret_is_in_a_command_or_on_the_screen(cloud: Cloud) -> None:
    """The fake also checks that other users cannot read a file with a secret, and the fixture that
    no file is left."""
    cloud.secrets.add(ANOTHER_TOKEN)
    rotate = ("rotate-keys.sh", NAME, "entry", "--read-token", "--yes", "--to", "pi@camera")
    output = ""
    for done in [
        cloud.deploy(),
        cloud.run(*rotate, token=ANOTHER_TOKEN),
        cloud.run("add-camera.sh", NAME, "yard"),
        cloud.deploy("--dry-run"),
    ]:
        assert done.code == 0, done.err
        output += done.out + done.err
    keys = cloud.state["apps"][NAME]["keys"].values()
    cloud.secrets.update(key.partition(".")[2] for key in keys if "." in key)
    assert len(cloud.secrets) == 8
    output += str([call.argv for call in cloud.calls()])
    assert [secret for secret in cloud.secrets if secret in output] == []


def test_it_asks_for_what_it_is_not_given(cloud: Cloud) -> None:
    """On a terminal; the password is not displayed."""
    screen = cloud.talk(
        "deploy.sh", [(": ", NAME), (": ", "westeurope"), (": ", PASSWORD), ("] ", "y")]
    )
    assert "Read back, byte for byte." in screen
    assert cloud.state["apps"][NAME]["settings"]["GALLERY_PASSWORD"] == PASSWORD
    assert PASSWORD not in screen


def test_an_answer_of_no_changes_nothing(cloud: Cloud) -> None:
    screen = cloud.talk(
        "deploy.sh", [(": ", NAME), (": ", "westeurope"), (": ", PASSWORD), ("] ", "n")]
    )
    assert "nothing was changed" in screen
    assert cloud.state["groups"] == {}


def test_a_group_of_another_name_is_in_every_hint(cloud: Cloud) -> None:
    done = cloud.deploy("--group", "cameras")
    assert f"infra/add-camera.sh {NAME} entry --to pi@raspberrypi.local --group cameras" in done.out
    done = cloud.run("add-camera.sh", NAME, "yard", "--group", "cameras")
    assert f"infra/add-camera.sh {NAME} yard --to USER@PI --group cameras" in done.out
    done = cloud.run("deploy.sh", NAME, "--yes")
    assert "add --group cameras" in done.last


def test_with_a_microsoft_sign_in_the_photo_is_stored_but_not_read(cloud: Cloud) -> None:
    done = cloud.deploy("--entra", "11111111-aaaa-bbbb-cccc-222222222222")
    assert done.code == 0
    assert "left to you" in done.out
    assert "left to you" in cloud.deploy().out
    assert "left to you" not in cloud.deploy("--entra", "none").out
    assert len(cloud.backend.photos) == 1


def test_the_session_of_the_trial_is_ended(cloud: Cloud) -> None:
    assert cloud.deploy().code == 0
    assert cloud.backend.sessions == set()


def test_an_owner_with_a_password_of_their_own_signs_in_themselves(cloud: Cloud) -> None:
    cloud.backend.password = "another one by now"
    done = cloud.deploy()
    assert (done.code, done.err) == (0, "")
    assert "the owner has another one by now" in done.out


def test_packages_that_were_installed_here_are_published_without_a_build(cloud: Cloud) -> None:
    """And a failed deployment of them is reported."""
    cloud.backend.deployment_status = 3
    done = cloud.deploy("--build-here")
    assert done.code == 1
    assert "did not end well (status 3)" in done.last
    cloud.backend.deployment_status = 4
    done = cloud.deploy("--build-here")
    assert (done.code, done.err) == (0, "")
    assert cloud.times_published() == 0
    with zipfile.ZipFile(io.BytesIO(cloud.backend.published)) as package:
        names = package.namelist()
    for name in ("PIL/_imaging.cpython-313-x86_64-linux-gnu.so", "azure/functions/__init__.py"):
        assert f".python_packages/lib/site-packages/{name}" in names
    assert ACCESS_TOKEN not in str([call.argv for call in cloud.calls()])
