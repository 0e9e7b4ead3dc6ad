"""An ARM template against the schemas that Microsoft publishes, unknown properties forbidden.

`python -m tests.infra.schemas FOLDER`, where FOLDER holds a copy of the `schemas` folder
of github.com/Azure/azure-resource-manager-schemas: prints each problem with its resource and
property. Ends with 1 if there are any, with 2 if a schema is missing.

Published, they let unknown properties pass, so each is closed before it is used:

- An object has the properties that its schema names, with those of all schemas that it is made of
  (`$ref`, `allOf`, siblings of `oneOf`). A schema without `properties`, or one that says something
  of `additionalProperties`, is a map with any keys, as published.
- `oneOf` is read as `anyOf`: published alternatives are told apart by their names, which an
  expression hides, and Microsoft.Web lists some of them twice.
- What every resource may have beside its own (`dependsOn`, `condition`, `scope` and so on) is the
  `resourceBase` of deploymentTemplate.json.
"""

import json
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import jsonschema_rs

from tests.infra.bicep import ARM

Schema: TypeAlias = dict[str, Any]
Place: TypeAlias = tuple[str, Schema]
SOURCE = "https://github.com/Azure/azure-resource-manager-schemas"
TEMPLATE = "2019-04-01/deploymentTemplate.json"
# of a file's sections, those whose resources a deployment to a resource group can make
SECTIONS = ("resourceDefinitions", "extension_resourceDefinitions", "unknown_resourceDefinitions")


class MissingSchemaError(Exception):
    """The copy of the published schemas lacks one that a template needs; the text says its
    source."""


def problems(template: Schema, folder: Path) -> Iterator[str]:
    """Yield a sentence for each part of `template` that the schemas in `folder` do not allow.

    Raises MissingSchemaError if a required schema is missing."""
    published = _Published(folder)
    whole = published.read(TEMPLATE)
    around = {
        "properties": {**whole["properties"], "resources": {}},
        "required": whole["required"],
    }
    yield from _violations(published.closed((TEMPLATE, around)), template, "the template")
    for resource in _flat(template["resources"]):
        name = f"{resource['type']} {resource['name']}"
        identity = {
            key for key in ("type", "name", "apiVersion") if isinstance(resource.get(key), str)
        }
        if len(identity) < 3:
            yield f"{name}: it needs a type, a name and an apiVersion, all of them text"
            continue
        found = published.resource(resource["type"], resource["apiVersion"])
        if found is None:
            yield f"{name}: {resource['apiVersion']} of its provider has no such type"
            continue
        base = (TEMPLATE, {"$ref": "#/definitions/resourceBase"})
        yield from _violations(published.closed(base, found), resource, name)


def _flat(resources: list[Schema], parent: Schema | None = None) -> Iterator[Schema]:
    """Yield every resource, nested ones included, with its full type and name."""
    for one in resources:
        made = {"type": None, "name": None, **one}
        inner = made.pop("resources", [])
        if parent:
            made["type"] = f"{parent['type']}/{made['type']}"
            if not str(made["name"]).startswith("["):
                made["name"] = f"{parent['name']}/{made['name']}"
        yield made
        yield from _flat(inner, made)


class _Published:
    """The published schemas in a folder, and their closed form. A place is the path of a file in
    the folder, and a schema in it."""

    def __init__(self, folder: Path) -> None:
        inner = folder / "schemas"
        self.folder = inner if inner.is_dir() else folder
        self.read = cache(self._read)
        self.definitions: dict[str, Schema] = {}  # closed, by the file and the place in it

    def _read(self, path: str) -> Schema:
        try:
            found: Schema = json.loads((self.folder / path).read_text(encoding="utf-8-sig"))
        except FileNotFoundError:
            raise self._missing(path) from None
        return found

    def _missing(self, path: str) -> MissingSchemaError:
        return MissingSchemaError(
            f"There is no {path} in {self.folder}. It is schemas/{path} of {SOURCE}: "
            "clone that, and name its folder."
        )

    def resource(self, kind: str, version: str) -> Place | None:
        """Return the definition of a resource type; None if its provider's files have none."""
        provider = kind.partition("/")[0]
        files = [
            path  # some providers have several: Microsoft.Network.json, Microsoft.Network.NRP.json
            for path in sorted((self.folder / version).glob("*.json"))
            if path.name.lower().startswith(f"{provider}.".lower())
        ]
        if not files:
            raise self._missing(f"{version}/{provider}.json")
        for path in (f"{version}/{file.name}" for file in files):
            for section in SECTIONS:
                for definition in self.read(path).get(section, {}).values():
                    properties = definition.get("properties", {})
                    if kind in properties.get("type", {}).get("enum", []):
                        # those within it are looked at one by one
                        own = {name: properties[name] for name in properties if name != "resources"}
                        return path, {**definition, "properties": own}
        return None

    def closed(self, *places: Place) -> Schema:
        """Return a schema that requires all of `places` and forbids properties that none of them
        names."""
        return {**self._all_of(list(places), frozenset()), "definitions": self.definitions}

    def _all_of(self, places: list[Place], beside: frozenset[str]) -> Schema:
        names = [self._names(*place) for place in places]
        return {
            "allOf": [
                self._close(*place, beside.union(*names[:at], *names[at + 1 :]))
                for at, place in enumerate(places)
            ]
        }

    def _close(self, path: str, schema: Schema, beside: frozenset[str]) -> Schema:
        """Return `schema` closed; `beside` has the names that other schemas allow in the same
        object."""
        if "$ref" in schema:
            return self._close_reference(path, schema["$ref"], beside)
        if schema.keys() == {"anyOf"}:
            return {"anyOf": [self._close(path, one, beside) for one in schema["anyOf"]]}
        if schema.keys() & {"allOf", "oneOf", "anyOf"}:
            return self._all_of([(path, one) for one in _parts(schema)], beside)

        def inside(value: Any) -> Any:
            return self._close(path, value, frozenset()) if isinstance(value, dict) else value

        made = dict(schema)
        for key in {"items", "additionalProperties"} & made.keys():
            made[key] = inside(made[key])
        if "properties" in made:
            own = {name: inside(value) for name, value in made["properties"].items()}
            made["properties"] = {**{name: {} for name in beside}, **own}
            made.setdefault("additionalProperties", False)
        return made

    def _close_reference(self, path: str, reference: str, beside: frozenset[str]) -> Schema:
        there, target, key = self._resolved(path, reference)
        if beside:
            return self._close(there, target, beside)
        if key not in self.definitions:
            self.definitions[key] = {}  # it may refer to itself
            self.definitions[key] = self._close(there, target, beside)
        return {"$ref": f"#/definitions/{key}"}

    def _names(self, path: str, schema: Schema) -> frozenset[str]:
        """Return the properties that `schema` names, in any of its parts."""
        if "$ref" in schema:
            return self._names(*self._resolved(path, schema["$ref"])[:2])
        inner = [one for part in ("allOf", "oneOf", "anyOf") for one in schema.get(part, [])]
        return frozenset(schema.get("properties", {})).union(
            *(self._names(path, one) for one in inner)
        )

    def _resolved(self, path: str, reference: str) -> tuple[str, Schema, str]:
        """Return the file and the schema of a reference, and a key for them."""
        url, _, pointer = reference.partition("#")
        there = url.partition("/schemas/")[2] or path
        found = self.read(there)
        for step in filter(None, pointer.split("/")):
            if step not in found:
                raise self._missing(f"{there}#{pointer}")
            found = found[step]
        return there, found, re.sub(r"[^\w-]", ".", there + pointer)


def _parts(schema: Schema) -> Iterator[Schema]:
    """Return schemas that together equal `schema`, each without references beside it."""
    yield {key: value for key, value in schema.items() if key not in ("allOf", "oneOf", "anyOf")}
    yield from schema.get("allOf", [])
    yield from ({"anyOf": schema[part]} for part in ("oneOf", "anyOf") if part in schema)


def _violations(schema: Schema, value: Any, where: str) -> Iterator[str]:
    messages: dict[str, None] = {}  # every schema that an object is made of says it
    for error in jsonschema_rs.Draft4Validator(schema).iter_errors(value):
        for one in _causes(error):
            at = "".join(f"[{x}]" if isinstance(x, int) else f".{x}" for x in one.instance_path)
            for name in getattr(one.kind, "unexpected", [None]):
                messages[f"{at}.{name} is unknown" if name else f"{at}: {one.message}"] = None
    yield from (f"{where}: {one.lstrip('.: ')}" for one in messages)


def _causes(error: jsonschema_rs.ValidationError) -> list[jsonschema_rs.ValidationError]:
    """Yield the causes of "fits none of these": the errors of the closest alternative."""
    if error.kind.name != "anyOf":
        return [error]
    alternatives = [
        [cause for one in errors for cause in _causes(one)]
        for errors in error.kind.context  # type: ignore[attr-defined]
    ]
    return min(alternatives, key=lambda causes: _distance(causes, error))


def _distance(
    causes: list[jsonschema_rs.ValidationError], error: jsonschema_rs.ValidationError
) -> tuple[bool, int]:
    """Return the distance of a value from an alternative: another type first, then the number of
    errors."""
    other_type = isinstance(error.instance, dict | list) and any(
        one.kind.name == "type" and one.instance_path == error.instance_path for one in causes
    )
    return other_type, sum(len(getattr(one.kind, "unexpected", [None])) for one in causes)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print(f"It needs the folder of a clone of {SOURCE}: make arm-schemas FROM=folder")
        return 2
    template = json.loads(ARM.read_text(encoding="utf-8"))
    try:
        found = list(problems(template, Path(arguments[0])))
    except MissingSchemaError as missing:
        print(missing)
        return 2
    for one in found:
        print(one)
    print(f"{len(template['resources'])} resources, {len(found)} problems")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
