"""What stops a deployment, what it says then, and that a rerun goes on."""

import pytest

from tests.infra.conftest import NAME, Cloud

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("trouble", "hint"),
    [
        ({"deploy_503": 99}, "503"),
        ({"role_not_there": 99}, "roles"),
        ({"no_right": 1}, "Owner"),
        ({"not_an_owner": 1}, "Owner"),
        ({"reserved": 1}, "choose another"),
        ({"no_key_made": 99}, f"infra/add-camera.sh {NAME} entry"),
        ({"key_vanishes": 99}, f"infra/add-camera.sh {NAME} entry"),
    ],
)
def test_a_failure_says_what_to_do(cloud: Cloud, trouble: dict[str, int], hint: str) -> None:
    cloud.trouble(**trouble)
    done = cloud.deploy()
    assert done.code == 1
    assert hint in done.last


def test_after_a_failure_a_rerun_goes_on(cloud: Cloud) -> None:
    cloud.trouble(deploy_503=99)
    assert cloud.deploy().code == 1
    cloud.trouble()
    assert cloud.deploy().code == 0
    assert len(cloud.backend.photos) == 1


@pytest.mark.parametrize("trouble", ["deploy_503", "role_not_there", "no_key_made"])
def test_what_passes_is_waited_for(cloud: Cloud, trouble: str) -> None:
    cloud.trouble(**{trouble: 3})
    done = cloud.deploy()
    assert (done.code, done.err) == (0, "")
    assert [one for one in cloud.commands() if one in ("sleep 30", "sleep 15")] == [
        "sleep 15" if trouble == "no_key_made" else "sleep 30"
    ] * 3


def test_a_key_in_use_stays_while_keys_cannot_be_read(cloud: Cloud) -> None:
    """A new key would lock out the camera."""
    assert cloud.deploy().code == 0
    before = cloud.state["apps"][NAME]["keys"]
    cloud.trouble(no_keys_yet=3)
    assert cloud.deploy().code == 0
    cloud.trouble(no_keys_yet=99)
    done = cloud.deploy()
    assert done.code == 1
    assert "cannot be read" in done.last
    assert cloud.state["apps"][NAME]["keys"] == before


def test_a_backend_that_comes_up_late_is_waited_for(cloud: Cloud) -> None:
    cloud.backend.unhealthy, cloud.backend.deaf = 5, 3
    assert cloud.deploy().code == 0


def test_a_backend_that_stays_away_says_why(cloud: Cloud) -> None:
    cloud.backend.unhealthy = 99
    done = cloud.deploy()
    assert done.code == 1
    assert "the role is not known yet" in done.err
    assert "status 503" in done.last


def test_a_key_that_stays_unknown_is_reported(cloud: Cloud) -> None:
    cloud.backend.deaf = 99
    done = cloud.deploy()
    assert done.code == 1
    assert "status 401" in done.last
    assert "run this again" in done.last


def test_a_photo_that_is_returned_changed_is_reported(cloud: Cloud) -> None:
    cloud.backend.changes_bytes = True
    done = cloud.deploy()
    assert done.code == 1
    assert "something stands between" in done.last


def test_a_name_that_is_taken_costs_nothing(cloud: Cloud) -> None:
    cloud.change(taken=[NAME])
    before = cloud.state
    done = cloud.deploy()
    assert done.code == 1
    assert "choose another name" in done.last
    assert cloud.state == before


def test_another_app_of_the_user_is_not_changed(cloud: Cloud) -> None:
    app = {"resourceGroup": NAME, "location": "West Europe", "settings": {"MINE": "1"}, "keys": {}}
    cloud.change(apps={NAME: app}, groups={NAME: {"location": "westeurope", "tags": None}})
    before = cloud.state
    done = cloud.deploy()
    assert done.code == 1
    assert "choose another name" in done.last
    assert cloud.state == before


@pytest.mark.parametrize(
    ("given", "hint"),
    [
        ((NAME, "atlantis"), "northeurope"),
        ((NAME,), "which region?"),
        ((), "which app?"),
        (("My_Nightjar", "westeurope"), "a-z, 0-9"),
        ((NAME, "westeurope", "--camera", "Entry"), "a-z, 0-9"),
        ((NAME, "westeurope", "--camera", "default"), "another"),
        ((NAME, "westeurope", "--keep-days", "soon"), "number of days"),
        ((NAME, "westeurope", "--keep-days", "9d,-gate=3d"), "'-gate' is not a camera's name"),
        ((NAME, "westeurope", "--keep-days", "9d,gate=3d,gate=4d"), "names a camera twice"),
        (
            (NAME, "westeurope", "--keep-days", "99999"),
            "deploy.sh: --keep-days is 99999d; it may be 36493",
        ),
        (
            (NAME, "westeurope", "--memory", "1024"),
            "deploy.sh: --memory is 1024; it may be 512, 2048, 4096",
        ),
        ((NAME, "westeurope", "--log", "0"), "such as 0.6"),
        ((NAME, "westeurope", "--token", "x"), "--help"),
        ((NAME, "westeurope", "--camera"), "needs a value"),
    ],
)
def test_a_mistake_is_reported_before_anything_is_done(
    cloud: Cloud, given: tuple[str, ...], hint: str
) -> None:
    before = cloud.state
    done = cloud.run("deploy.sh", "--yes", *given)
    assert done.code == 1
    assert hint in done.last
    assert cloud.state == before


def test_a_weak_token_is_rejected(cloud: Cloud) -> None:
    done = cloud.deploy(token="short")
    assert done.code == 1
    assert "16 or more" in done.last
    assert cloud.state["groups"] == {}


def test_another_region_is_rejected_once_the_app_exists(cloud: Cloud) -> None:
    assert cloud.deploy().code == 0
    done = cloud.run("deploy.sh", NAME, "northeurope", "--yes")
    assert done.code == 1
    assert "cannot move" in done.last


def test_without_a_sign_in_it_says_so(cloud: Cloud) -> None:
    cloud.change(signed_in=False)
    done = cloud.deploy()
    assert done.code == 1
    assert "az login" in done.last


def test_a_cookie_that_browsers_reject_stops_the_deployment(cloud: Cloud) -> None:
    """Photos would be stored, but no user could view them."""
    cloud.backend.cookie = "__Host-nightjar_session={}; domain=a.example; path=/; secure; httponly"
    done = cloud.deploy()
    assert done.code == 1
    assert "allows no Domain, and it has domain=a.example" in done.err
    assert "nobody can sign in" in done.last
    assert "a-session" not in done.out + done.err


def test_a_good_deployment_that_az_calls_unhealthy_is_made_once(cloud: Cloud) -> None:
    """az checks the app 15 times; its roles may take longer. Our own health check decides."""
    cloud.trouble(unhealthy=99)
    done = cloud.deploy()
    assert (done.code, done.err) == (0, "")
    assert cloud.times_published() == 1


@pytest.mark.parametrize("where", ["build log", "error"])
def test_a_build_with_another_python_is_reported(cloud: Cloud, where: str) -> None:
    """Its packages would not load, and the app would have no functions (azure-dev issue 8538)."""
    if where == "build log":
        cloud.change(builds_with="3.11")
    else:
        cloud.trouble(other_python=99)
    done = cloud.deploy()
    assert done.code == 1
    assert "built the code with Python 3.11, and the app runs 3.13" in done.last
    assert "--build-here" in done.last
    assert cloud.times_published() == 1


def test_a_build_log_that_cannot_be_read_stops_nothing(cloud: Cloud) -> None:
    cloud.trouble(no_build_log=1)
    done = cloud.deploy()
    assert (done.code, done.err) == (0, "")
    assert "of a version that its log does not tell" in done.out


def test_what_azure_wrote_beside_the_account_s_name_goes(cloud: Cloud) -> None:
    """azure-functions-host issue 11796."""
    cloud.change(writes_connection=True)
    done = cloud.deploy()
    assert (done.code, done.err) == (0, "")
    settings = cloud.state["apps"][NAME]["settings"]
    assert "AzureWebJobsStorage" not in settings
    assert "AzureWebJobsStorage__accountName" in settings
