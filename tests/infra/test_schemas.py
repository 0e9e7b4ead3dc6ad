"""`make arm-schemas` finds what published ARM schemas do not allow. They are not in the repository:
these tests write a small tree of the same form, with the peculiarities of the published one."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from tests.infra import schemas
from tests.infra.schemas import MissingSchemaError, problems

BASE = "https://schema.management.azure.com/schemas/"
EXPRESSION = {"$ref": f"{BASE}common/definitions.json#/definitions/expression"}
TEXT = {"type": "string"}


def ref(name: str) -> dict[str, Any]:
    return {"$ref": f"#/definitions/{name}"}


def or_expression(schema: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [schema, EXPRESSION]}


def resource(kind: str, **properties: Any) -> dict[str, Any]:
    own = {
        "apiVersion": {"type": "string", "enum": ["2020-01-01"]},
        "name": TEXT,
        "type": {"type": "string", "enum": [kind]},
    }
    return {"type": "object", "properties": own | properties, "required": ["name", "properties"]}


ALTERNATIVE = {
    "type": "object",
    "properties": {"kind": TEXT, "properties": or_expression(ref("Policy"))},
    "required": ["properties"],
}
TREE: dict[str, Any] = {
    "2019-04-01/deploymentTemplate.json": {
        "id": f"{BASE}2019-04-01/deploymentTemplate.json#",
        "properties": {
            "$schema": TEXT,
            "parameters": {"type": "object", "additionalProperties": ref("parameter")},
            "resources": {"type": "array", "items": {"$ref": f"{BASE}common/everything.json"}},
        },
        "required": ["$schema", "resources"],
        "definitions": {
            "parameter": {"type": "object", "properties": {"type": TEXT, "metadata": {}}},
            "ARMResourceBase": {"type": "object", "properties": {"name": TEXT, "type": TEXT}},
            "resourceBase": {
                "allOf": [
                    ref("ARMResourceBase"),
                    {"properties": {"scope": TEXT, "tags": {"type": "object"}}},
                ]
            },
        },
    },
    "common/definitions.json": {
        "definitions": {"expression": {"type": "string", "pattern": "^\\[([^\\[].*)?\\]$"}}
    },
    "2020-01-01/Some.Provider.json": {
        "resourceDefinitions": {
            "stores": resource(
                "Some.Provider/stores",
                properties=or_expression(ref("Store")),
                resources={"type": "array", "items": ref("stores_policies_childResource")},
            )
        },
        "definitions": {
            "Store": {
                "type": "object",
                "properties": {
                    "tier": or_expression({"type": "string", "enum": ["Hot", "Cool"]}),
                    "closed": or_expression({"type": "boolean"}),
                    "labels": {"type": "object", "additionalProperties": TEXT},
                    "rules": or_expression({"type": "array", "items": ref("Rule")}),
                },
            },
            "Rule": {
                "type": "object",
                "properties": {"days": or_expression({"type": "integer"}), "else": ref("Rule")},
                "required": ["days"],
            },
        },
    },
    "2020-01-01/Some.Provider.More.json": {
        "unknown_resourceDefinitions": {
            "stores_policies": {
                # like sites/basicPublishingCredentialsPolicies: no name, and the same thing twice
                "oneOf": [ALTERNATIVE, ALTERNATIVE],
                "properties": {
                    "apiVersion": {"type": "string", "enum": ["2020-01-01"]},
                    "type": {"type": "string", "enum": ["Some.Provider/stores/policies"]},
                },
            }
        },
        "definitions": {"Policy": {"type": "object", "properties": {"allow": {"type": "boolean"}}}},
    },
}
STORE = {
    "type": "Some.Provider/stores",
    "apiVersion": "2020-01-01",
    "name": "[parameters('name')]",
    "scope": "[resourceGroup().id]",
    "tags": {"made-by": "nightjar"},
    "properties": {
        "tier": "Hot",
        "closed": "[parameters('closed')]",
        "labels": {"any": "text"},
        "rules": [{"days": 7, "else": {"days": "[add(1, 1)]"}}],
    },
    "resources": [
        {
            "type": "policies",
            "apiVersion": "2020-01-01",
            "name": "ftp",
            "kind": "policy",
            "properties": {"allow": False},
        }
    ],
}
TEMPLATE = {
    "$schema": f"{BASE}2019-04-01/deploymentTemplate.json#",
    "parameters": {"name": {"type": "string", "metadata": {"description": "what you like"}}},
    "resources": [STORE],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder laid out as a clone of the published schemas."""
    for path, schema in TREE.items():
        file = tmp_path / "schemas" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        # With the mark that editors may put first.
        file.write_text(json.dumps(schema), encoding="utf-8-sig")
    return tmp_path


def changed(*path: Any, value: Any) -> dict[str, Any]:
    """Return the template with another value at one place of its resource."""
    made = copy.deepcopy(TEMPLATE)
    inside: Any = made["resources"]
    for step in (0, *path[:-1]):
        inside = inside[step]
    inside[path[-1]] = value
    return made


def test_what_the_schemas_allow_is_accepted(folder: Path) -> None:
    """Expressions, maps with any keys, common properties, nested resources; and the schemas may be
    in the folder itself."""
    assert list(problems(TEMPLATE, folder)) == []
    assert list(problems(TEMPLATE, folder / "schemas")) == []


@pytest.mark.parametrize(
    ("path", "value", "problem"),
    [
        (("properties", "teir"), "Hot", "properties.teir is unknown"),
        (("properties",), {"teir": "Hot", "close": True}, "properties.teir is unknown"),
        (("comment",), "why", "comment is unknown"),
        (("properties", "tier"), "Warm", 'properties.tier: "Warm" is not one of'),
        (("properties", "closed"), "yes", 'properties.closed: "yes" is not of type "boolean"'),
        (("properties", "labels", "one"), 1, 'properties.labels.one: 1 is not of type "string"'),
        (("properties", "rules", 0, "dais"), 7, "properties.rules[0].dais is unknown"),
        (("properties", "rules", 0, "else", "x"), 7, "properties.rules[0].else.x is unknown"),
        (("properties", "rules", 0), {}, 'properties.rules[0]: "days" is a required property'),
        (("properties", "rules"), {"days": 7}, 'properties.rules: {"days":7} is not of type'),
        (("properties",), None, 'properties: null is not of type "object"'),
        (("apiVersion",), 2020, "it needs a type, a name and an apiVersion"),
        (("type",), "Some.Provider/shops", "2020-01-01 of its provider has no such type"),
    ],
)
def test_what_they_do_not_allow_is_found(
    folder: Path, path: tuple[Any, ...], value: Any, problem: str
) -> None:
    found = list(problems(changed(*path, value=value), folder))
    assert any("[parameters('name')]" in one and problem in one for one in found), found


def test_a_problem_within_a_resource_within_another_is_found(folder: Path) -> None:
    template = changed("resources", 0, "properties", "alow", value=False)
    (found,) = problems(template, folder)
    assert found == "Some.Provider/stores/policies [parameters('name')]/ftp: " + (
        "properties.alow is unknown"
    )


def test_a_problem_outside_of_the_resources_is_found(folder: Path) -> None:
    template = {**TEMPLATE, "paramters": {}, "parameters": {"name": {"tipe": "string"}}}
    assert sorted(problems(template, folder)) == [
        "the template: parameters.name.tipe is unknown",
        "the template: paramters is unknown",
    ]


@pytest.mark.parametrize("path", [path for path in TREE if "More" not in path])
def test_a_schema_that_is_not_there_is_named(folder: Path, path: str) -> None:
    """A missing schema is an error, which says what to fetch from where."""
    (folder / "schemas" / path).unlink()
    (folder / "schemas/2020-01-01/Some.Provider.More.json").unlink()
    with pytest.raises(MissingSchemaError) as caught:
        list(problems(TEMPLATE, folder))
    assert f"schemas/{path} of {schemas.SOURCE}" in str(caught.value)


def test_the_command_says_what_it_found(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """0 with a count, 1 with the problems, 2 with what is missing."""
    file = folder / "main.json"
    monkeypatch.setattr(schemas, "ARM", file)
    file.write_text(json.dumps(TEMPLATE))
    assert schemas.main([str(folder)]) == 0
    assert capsys.readouterr().out == "1 resources, 0 problems\n"
    file.write_text(json.dumps(changed("properties", "teir", value="Hot")))
    assert schemas.main([str(folder)]) == 1
    assert "properties.teir is unknown\n1 resources, 1 problems\n" in capsys.readouterr().out
    assert schemas.main([str(folder / "nowhere")]) == 2
    assert "There is no 2019-04-01/deploymentTemplate.json" in capsys.readouterr().out
    assert schemas.main([]) == 2
    assert "make arm-schemas FROM=folder" in capsys.readouterr().out
