"""The environment becomes Settings, or one error that names every variable at fault."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from function_app.retention_policy import RetentionPolicy
from function_app.settings import Network, Secrets, Settings, SettingsError, read_settings

KEY = "c2VjcmV0LWFjY291bnQta2V5"
ACCOUNT = f"DefaultEndpointsProtocol=https;AccountName=night;AccountKey={KEY};EndpointSuffix=x.net"
TOKEN = "a-token-of-enough-length"


def test_only_the_connection_string_is_needed() -> None:
    """Without a read token photos are received, and no program reads them; the limit is 32 MB."""
    assert read_settings({"AzureWebJobsStorage": ACCOUNT}) == Settings(ACCOUNT)


def test_everything_can_be_set() -> None:
    """Every variable reaches its field; space around a value is cut off."""
    environment = {
        "AzureWebJobsStorage": f" {ACCOUNT}\n",
        "READ_TOKEN": TOKEN,
        "ADMIN_TOKEN": f"{TOKEN}-2",
        "GALLERY_PASSWORD": "a good password",
        "MAX_PHOTO_MB": "8",
        "RETENTION": "30d, gate=forever",
        "CORS_ORIGINS": "https://App.example/, http://localhost:3000,https://other.example:443",
    }
    retention = RetentionPolicy(timedelta(days=30), {"gate": None})
    assert read_settings(environment) == Settings(
        ACCOUNT,
        secrets=Secrets(TOKEN, f"{TOKEN}-2", "a good password"),
        network=Network(
            cors_origins=frozenset(
                {"https://app.example", "http://localhost:3000", "https://other.example"}
            )
        ),
        max_photo_bytes=8 << 20,
        retention=retention,
    )


@pytest.mark.parametrize(
    "text",
    ["UseDevelopmentStorage=true", "usedevelopmentstorage=TRUE;", "UseDevelopmentStorage = true ;"],
)
def test_development_storage_is_accepted_in_any_spelling(text: str) -> None:
    """The SDKs accept different spellings, and get the one that both accept."""
    settings = read_settings({"AzureWebJobsStorage": text})
    assert settings.connection_string == "UseDevelopmentStorage=true"


def test_a_signed_connection_string_is_accepted() -> None:
    """A shared access signature serves where both services are named."""
    text = "BlobEndpoint=https://b.x;TableEndpoint=https://t.x;SharedAccessSignature=sv=1&sig=2"
    assert read_settings({"AzureWebJobsStorage": text}).connection_string == text


def test_all_errors_come_at_once() -> None:
    """So one start shows every mistake."""
    with pytest.raises(SettingsError) as caught:
        read_settings({"READ_TOKEN": "short", "MAX_PHOTO_MB": "many"})
    assert len(caught.value.problems) == 3
    for variable in ("AzureWebJobsStorage", "READ_TOKEN", "MAX_PHOTO_MB"):
        assert variable in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["", "night", "AccountName=night", f"AccountKey={KEY}", "AccountName=night;AccountKey=no!key"],
)
def test_half_a_connection_string_is_an_error(text: str) -> None:
    """It is found at the start, not by an SDK at the first request."""
    with pytest.raises(SettingsError, match="AzureWebJobsStorage"):
        read_settings({"AzureWebJobsStorage": text})


@pytest.mark.parametrize("text", ["0", "96", "-1", "1.5", "³", "9" * 5000])
def test_the_size_limit_is_one_that_the_platform_allows(text: str) -> None:
    """Above 95 MB the platform itself would respond, with 500."""
    with pytest.raises(SettingsError, match="MAX_PHOTO_MB"):
        read_settings({"AzureWebJobsStorage": ACCOUNT, "MAX_PHOTO_MB": text})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("120d, gate=30d, Gate=forever", "no valid camera name in its exception 2"),
        ("120d, front_door=forever", "no valid camera name in its exception 1"),
        ("120d, =forever", "no valid camera name"),
        ("120d, -gate=forever", "no valid camera name"),
        (f"120d, {'g' * 33}=forever", "no valid camera name"),
        ("120d, gate=60d, entry=1d, gate=30d", "the camera of its exception 3 a second time"),
    ],
)
def test_an_exception_for_an_invalid_camera_is_an_error(text: str, problem: str) -> None:
    """Else photos that should be kept for ever would be deleted with the others."""
    with pytest.raises(SettingsError, match=f"^RETENTION .*{problem}"):
        read_settings({"AzureWebJobsStorage": ACCOUNT, "RETENTION": text})


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("PUSH_HOSTS", "https://push.example.org"),
        ("PUSH_HOSTS", "push.example.org:https"),
        ("CHANNEL_NETWORKS", "8.8.8.8"),
        ("CHANNEL_NETWORKS", "homeassistant.local"),
        ("PUBLIC_URL", "photos.example"),
        ("PUBLIC_URL", "ftp://photos.example"),
        ("PUBLIC_URL", "https://photos.example/gallery"),
        ("PUBLIC_URL", "https://photos.example?x=1"),
        ("PUBLIC_URL", "https://me@photos.example"),
        ("PUBLIC_URL", "https://photos.example:port"),
        ("PUBLIC_URL", "https://["),
        ("TRUSTED_PROXY_COUNT", "-1"),
        ("TRUSTED_PROXY_COUNT", "10"),
        ("TRUSTED_PROXY_COUNT", "one"),
    ],
)
def test_an_address_and_a_count_are_checked(variable: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{variable} must be"):
        read_settings({"AzureWebJobsStorage": ACCOUNT, variable: text})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("*", "has a wildcard as its origin 1: name each origin in full"),
        ("https://app.example, https://*.example", "has a wildcard as its origin 2"),
        ("null", "has a wrong origin 1: it must be an address without a path"),
        ("https://app.example,", "has a wrong origin 2"),
        ("https://app.example, app.example", "has a wrong origin 2"),
        ("https://app.example/page", "has a wrong origin 1"),
        ("https://app.example https://other.example", "has a wrong origin 1"),
    ],
)
def test_each_origin_is_named_in_full(text: str, problem: str) -> None:
    """With the other errors, and without the value."""
    with pytest.raises(SettingsError) as caught:
        read_settings({"AzureWebJobsStorage": ACCOUNT, "CORS_ORIGINS": text, "MAX_PHOTO_MB": "0"})
    limit, origins = sorted(caught.value.problems, reverse=True)
    assert limit.startswith("MAX_PHOTO_MB")
    assert origins.startswith(f"CORS_ORIGINS {problem}")
    assert "app.example" not in origins


def test_push_services_are_a_list() -> None:
    text = "Push.example.org, 127.0.0.1:8085,.push.example.net"
    network = read_settings({"AzureWebJobsStorage": ACCOUNT, "PUSH_HOSTS": text}).network
    assert network.push_hosts == ("push.example.org", "127.0.0.1:8085", ".push.example.net")


def test_no_proxy_is_trusted_by_default() -> None:
    assert Settings("").network.trusted_proxies == 0


@given(st.text(min_size=1, max_size=40).map(lambda text: f"{text}MARK{text}"))
def test_no_error_repeats_a_value(value: str) -> None:
    """A value may be a secret in the wrong place."""
    with pytest.raises(SettingsError) as caught:
        read_settings(
            {
                "AzureWebJobsStorage": value,
                "READ_TOKEN": f"{value} ",
                "MAX_PHOTO_MB": value,
                "RETENTION": f"30d, {value}=30d",
                "CORS_ORIGINS": value,
            }
        )
    assert "MARK" not in str(caught.value)


def test_secrets_do_not_show() -> None:
    """Settings may be printed."""
    shown = repr(read_settings({"AzureWebJobsStorage": ACCOUNT, "READ_TOKEN": TOKEN}))
    assert KEY not in shown
    assert TOKEN not in shown
