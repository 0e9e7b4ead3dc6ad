"""infra/main.bicep and infra/main.json are equal and secure, and set what the backend reads."""

import json
from typing import Any

import pytest

from function_app import settings
from function_app.auth import passwords
from function_app.storage.azure.blobs import CONTAINER, THUMBNAILS
from function_app.storage.azure.device_blobs import DEVICES
from photo_wire.alert import ALERTS_PATH
from photo_wire.headers import UPLOAD_PATH
from tests.infra.bicep import ARM, BICEP, BicepError, to_arm

TEMPLATE: dict[str, Any] = json.loads(ARM.read_text())


def resources(kind: str) -> list[dict[str, Any]]:
    return [one for one in TEMPLATE["resources"] if one["type"] == kind]


def resource(kind: str) -> dict[str, Any]:
    (one,) = resources(kind)
    return one


def app_settings() -> dict[str, str]:
    made = resource("Microsoft.Web/sites")["properties"]["siteConfig"]["appSettings"]
    return {one["name"]: one["value"] for one in made}


def test_bicep_and_arm_describe_the_same() -> None:
    """In parameters, names, types, settings, conditions and order."""
    made = to_arm(BICEP.read_text())
    for part in ("parameters", "variables", "outputs"):
        assert TEMPLATE[part] == made[part]
    assert [one["name"] for one in TEMPLATE["resources"]] == [
        one["name"] for one in made["resources"]
    ]
    for mine, theirs in zip(TEMPLATE["resources"], made["resources"], strict=True):
        assert mine == theirs
    assert made == TEMPLATE


def test_a_difference_is_detected() -> None:
    changed = BICEP.read_text().replace("allowSharedKeyAccess: false", "allowSharedKeyAccess: true")
    assert to_arm(changed) != TEMPLATE


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("module x 'y.bicep' = {\n}\n", "module is not understood"),
        ("var a = b\n", "there is no b"),
        ("var a = {\n  b: 1\n  b: 2\n}\n", "b is there twice"),
        ("var a = 1\nvar a = 2\n", "a is declared twice"),
        ("var a = 'x' ? 1 : 2\n", "'?"),
        ("@description('x')\n@batchSize(1)\nparam a string\n", "@batchSize is not understood"),
    ],
)
def test_what_is_not_understood_is_not_passed_over(source: str, problem: str) -> None:
    with pytest.raises(BicepError) as caught:
        to_arm(source)
    assert problem in str(caught.value)


def test_expressions_become_those_of_arm() -> None:
    source = """
param a string
var b = 'it\\'s ${a} and ${toLower(a)}'
var c = '[x]'
resource r 'Some/type@2020-01-01' = if (a != 'x') {
  name: b
}
resource s 'Some/type/part@2020-01-01' = {
  parent: r
  name: 'p'
  properties: {
    whose: r.properties.one.two
    id: r.id
  }
}
"""
    made = to_arm(source.replace("param a", "@description('d')\nparam a"))
    assert made["variables"] == {
        "b": "[format('it''s {0} and {1}', parameters('a'), toLower(parameters('a')))]",
        "c": "[[x]",
    }
    first, second = made["resources"]
    assert first["condition"] == "[not(equals(parameters('a'), 'x'))]"
    assert second == {
        "type": "Some/type/part",
        "apiVersion": "2020-01-01",
        "name": "[format('{0}/{1}', variables('b'), 'p')]",
        "properties": {
            "whose": "[reference(resourceId('Some/type', variables('b')), '2020-01-01').one.two]",
            "id": "[resourceId('Some/type', variables('b'))]",
        },
        "dependsOn": ["[resourceId('Some/type', variables('b'))]"],
    }


def test_the_storage_account_is_closed() -> None:
    closed = {
        "allowBlobPublicAccess": False,
        "allowSharedKeyAccess": False,
        "minimumTlsVersion": "TLS1_2",
        "supportsHttpsTrafficOnly": True,
    }
    properties = resource("Microsoft.Storage/storageAccounts")["properties"]
    assert closed.items() <= properties.items()
    for container in resources("Microsoft.Storage/storageAccounts/blobServices/containers"):
        assert container["properties"] == {"publicAccess": "None"}
    kept = resource("Microsoft.Storage/storageAccounts/blobServices")["properties"]
    assert kept["deleteRetentionPolicy"]["enabled"]
    assert kept["containerDeleteRetentionPolicy"]["enabled"]


def test_retention_deletes_photos_and_nothing_else() -> None:
    policy = resource("Microsoft.Storage/storageAccounts/managementPolicies")
    assert "condition" not in policy  # else `--keep-days 0` would leave an older one at work
    (rule,) = policy["properties"]["policy"]["rules"]
    assert rule["enabled"] == "[greater(parameters('netDays'), 0)]"
    assert rule["definition"] == {
        "filters": {"blobTypes": ["blockBlob"], "prefixMatch": [f"{CONTAINER}/", f"{THUMBNAILS}/"]},
        "actions": {
            "baseBlob": {
                "delete": {"daysAfterModificationGreaterThan": "[max(parameters('netDays'), 1)]"}
            }
        },
    }


def test_no_rule_deletes_what_devices_read_and_write() -> None:
    """The blob of their commands would be gone after some days without one."""
    containers = resources("Microsoft.Storage/storageAccounts/blobServices/containers")
    assert any(one["name"].endswith(f"'{DEVICES}')]") for one in containers), containers
    policy = resource("Microsoft.Storage/storageAccounts/managementPolicies")
    for rule in policy["properties"]["policy"]["rules"]:
        for prefix in rule["definition"]["filters"]["prefixMatch"]:
            assert prefix.endswith("/")
            assert not f"{DEVICES}/".startswith(prefix)


def test_the_app_has_only_the_roles_that_it_needs() -> None:
    roles = {
        (one["properties"]["principalType"], one["properties"]["roleDefinitionId"].split("'")[-2])
        for one in resources("Microsoft.Authorization/roleAssignments")
    }
    assert roles == {
        ("ServicePrincipal", "blobDataOwner"),
        ("ServicePrincipal", "tableDataContributor"),
        ("ServicePrincipal", "queueDataContributor"),
        ("ServicePrincipal", "metricsPublisher"),
        ("User", "blobDataReader"),
        ("User", "tableDataReader"),
    }
    for one in resources("Microsoft.Authorization/roleAssignments"):
        assert one["scope"].startswith("[resourceId(")  # one resource, not the group
    for one in resources("Microsoft.Web/sites/basicPublishingCredentialsPolicies"):
        assert one["properties"] == {"allow": False}


def test_the_settings_are_those_that_the_backend_reads() -> None:
    made = app_settings()
    assert made.keys() >= {
        settings.READ_TOKEN,
        settings.ADMIN_TOKEN,
        settings.GALLERY_PASSWORD,
        settings.RETENTION,
        settings.MAX_PHOTO_MB,
        settings.PUBLIC_URL,
        settings.TRUSTED_PROXY_COUNT,
        settings.CORS_ORIGINS,
        settings.PUSH_HOSTS,
        settings.CHANNEL_NETWORKS,
        settings.STORAGE_SDK_ONLY,
    }
    assert made[f"{settings.STORAGE}__accountName"] == "[variables('storageName')]"
    assert settings.STORAGE not in made  # a connection string holds a key
    assert made["PYTHON_THREADPOOL_THREAD_COUNT"] == "[string(parameters('concurrency'))]"
    rules = TEMPLATE["parameters"]
    for secret in ("readToken", "adminToken", "galleryPassword"):
        assert rules[secret]["type"] == "securestring"
    assert rules["galleryPassword"]["minLength"] == passwords.MIN_LENGTH
    assert rules["galleryPassword"]["maxLength"] == passwords.MAX_LENGTH
    assert rules["retention"]["defaultValue"] == settings.DEFAULT_RETENTION_TEXT
    assert rules["readToken"]["minLength"] == settings.MIN_TOKEN_LENGTH
    assert rules["maxPhotoMB"]["defaultValue"] == settings.DEFAULT_MAX_PHOTO_MB
    assert rules["maxPhotoMB"]["maxValue"] == settings.MAX_PHOTO_MB_LIMIT


def test_the_backend_is_content_with_these_settings() -> None:
    made = {
        "AzureWebJobsStorage__accountName": "store",
        "GALLERY_PASSWORD": "password words",
        "READ_TOKEN": "r" * 16,
        "ADMIN_TOKEN": "",
        "PUBLIC_URL": "",
        "TRUSTED_PROXY_COUNT": "",
        "CORS_ORIGINS": "",
        "PUSH_HOSTS": "",
        "CHANNEL_NETWORKS": "",
        "STORAGE_SDK_ONLY": "",
        "RETENTION": TEMPLATE["parameters"]["retention"]["defaultValue"],
    }
    settings.read_settings({name: made.get(name, "16") for name in app_settings()})


def test_no_secret_comes_out_of_a_deployment() -> None:
    """Every reader of the resource group can read outputs and plain parameters."""
    assert TEMPLATE["outputs"].keys() == {"host", "storageAccount"}
    text = ARM.read_text()
    assert "listKeys" not in text
    for secret in ("readToken", "adminToken", "galleryPassword"):
        assert text.count(f"parameters('{secret}')") == 1


def test_a_sign_in_lets_devices_through() -> None:
    config = resource("Microsoft.Web/sites/config")
    assert config["condition"] == "[not(equals(parameters('entraClientId'), ''))]"
    excluded = config["properties"]["globalValidation"]["excludedPaths"]
    assert {UPLOAD_PATH, ALERTS_PATH} <= set(excluded)


def test_an_instance_handles_several_requests_at_once() -> None:
    plan = resource("Microsoft.Web/serverfarms")
    assert plan["sku"] == {"tier": "FlexConsumption", "name": "FC1"}
    app_config = resource("Microsoft.Web/sites")["properties"]["functionAppConfig"]
    http = app_config["scaleAndConcurrency"]["triggers"]["http"]
    assert http == {"perInstanceConcurrency": "[parameters('concurrency')]"}
    assert app_config["deployment"]["storage"]["authentication"] == {
        "type": "SystemAssignedIdentity"
    }


def test_the_log_has_a_daily_cap() -> None:
    log = resource("Microsoft.OperationalInsights/workspaces")["properties"]
    assert log["workspaceCapping"] == {"dailyQuotaGb": "[json(parameters('dailyLogGB'))]"}
    assert 0 < float(TEMPLATE["parameters"]["dailyLogGB"]["defaultValue"]) < 1
