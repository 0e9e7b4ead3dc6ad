"""What of Bicep infra/main.bicep uses, made into ARM JSON: params, vars, resources, outputs, calls,
`>` and `!=`, and texts with `${}`. Anything else is refused, so that nothing is silently skipped.

`python -m tests.infra.bicep` writes infra/main.json. Microsoft's compiler is in no package
registry; where it is at hand, `az bicep build --file infra/main.bicep` should say the same.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from local.processes import ROOT

BICEP = ROOT / "infra" / "main.bicep"
ARM = ROOT / "infra" / "main.json"

_TOKEN = re.compile(
    r"""(?P<space>[ \t\r]+|//[^\n]*)
      | (?P<end>\n)
      | (?P<text>'(?:\\.|\$\{[^}]*\}|[^'\\\n])*')
      | (?P<number>\d+)
      | (?P<word>[A-Za-z_]\w*)
      | (?P<sign>!=|[@(){}\[\]:,.=>])""",
    re.VERBOSE,
)
_ESCAPES = {r"\'": "'", r"\\": "\\", r"\n": "\n", r"\$": "$"}
_ARM_TYPES = {"string": "string", "int": "int", "bool": "bool", "object": "object"}


class BicepError(ValueError):
    """The file is not valid Bicep, or uses what this does not support; the text says where."""


# An expression: a value that JSON has, or one of these.
@dataclass(frozen=True)
class Code:
    """An ARM expression without its brackets, and the resources to which it refers."""

    text: str
    needs: frozenset[str] = frozenset()


@dataclass
class Symbol:
    """A resource as written in the source."""

    name: str
    type: str
    api: str
    body: dict[str, Any] = field(default_factory=dict)
    condition: Any = None


def to_arm(source: str) -> dict[str, Any]:
    """Return the ARM template of this Bicep file. Raises BicepError."""
    return _Compiler(source).template()


class _Compiler:
    def __init__(self, source: str) -> None:
        self._tokens = list(_tokens(source))
        self._at = 0
        self._parameters: dict[str, Any] = {}
        self._variables: dict[str, Any] = {}
        self._resources: dict[str, Symbol] = {}
        self._outputs: dict[str, Any] = {}
        self._read_names()

    def template(self) -> dict[str, Any]:
        while self._peek() != ("", ""):
            if self._peek()[0] == "end":
                self._next()
                continue
            self._statement()
        return {
            "$schema": "https://schema.management.azure.com/schemas/2019-04-01/"
            "deploymentTemplate.json#",
            "contentVersion": "1.0.0.0",
            "parameters": self._parameters,
            "variables": self._variables,
            "resources": [self._render(one) for one in self._resources.values()],
            "outputs": self._outputs,
        }

    def _read_names(self) -> None:
        """Collect all declarations: a name may be used before its declaration."""
        self._kinds: dict[str, str] = {}
        starts = [("end", "\n"), *self._tokens]
        for before, (_, what), (kind, name) in zip(
            starts, self._tokens, self._tokens[1:], strict=False
        ):
            if before[0] == "end" and what in ("param", "var", "resource") and kind == "word":
                if name in self._kinds:
                    raise BicepError(f"{name} is declared twice")
                self._kinds[name] = what

    # statements

    def _statement(self) -> None:
        decorators: dict[str, Any] = {}
        while self._accept("@"):
            name = self._expect("word")
            self._expect("(")
            decorators[name] = True if self._peek()[1] == ")" else self._expression()
            self._expect(")")
            self._expect("end")
        what, name = self._expect("word"), self._expect("word")
        match what:
            case "param":
                self._param(name, decorators)
            case "var":
                self._expect("=")
                self._variables[name] = _json(self._expression())
            case "resource":
                self._resource(name)
            case "output":
                kind = self._expect("word")
                self._expect("=")
                self._outputs[name] = {
                    "type": _ARM_TYPES[kind],
                    "value": _json(self._expression()),
                }
            case _:
                self._fail(f"{what} is not understood here")

    def _param(self, name: str, decorators: dict[str, Any]) -> None:
        kind = _ARM_TYPES[self._expect("word")]
        parameter: dict[str, Any] = {"type": kind}
        if decorators.pop("secure", False):
            parameter["type"] = "securestring" if kind == "string" else "secureObject"
        if self._accept("="):
            parameter["defaultValue"] = _json(self._expression())
        description = decorators.pop("description")  # every parameter says what it is for
        for bicep, arm in [
            ("allowed", "allowedValues"),
            ("minLength", "minLength"),
            ("maxLength", "maxLength"),
            ("minValue", "minValue"),
            ("maxValue", "maxValue"),
        ]:
            if bicep in decorators:
                parameter[arm] = _json(decorators.pop(bicep))
        if decorators:
            raise BicepError(f"@{next(iter(decorators))} is not understood")
        self._parameters[name] = {**parameter, "metadata": {"description": description}}

    def _resource(self, name: str) -> None:
        kind, _, api = str(self._expression()).partition("@")
        one = self._resources[name] = Symbol(name, kind, api)
        self._expect("=")
        if self._accept("if"):
            self._expect("(")
            one.condition = self._expression()
            self._expect(")")
        body = self._expression()
        if not isinstance(body, dict):
            self._fail(f"{name} has no body")
        one.body = body

    # expressions

    def _expression(self) -> Any:
        left = self._operand()
        kind, sign = self._peek()
        if kind == "sign" and sign in (">", "!="):
            self._next()
            right = self._operand()
            inner = f"{_code(left).text}, {_code(right).text}"
            needs = _code(left).needs | _code(right).needs
            return Code(f"greater({inner})" if sign == ">" else f"not(equals({inner}))", needs)
        return left

    def _operand(self) -> Any:
        kind, text = self._next()
        if kind == "number":
            return int(text)
        if kind == "text":
            return self._text(text[1:-1])
        if text == "{":
            return self._object()
        if text == "[":
            return self._array()
        if kind != "word":
            self._fail(f"{text!r} begins no value")
        if text in ("true", "false"):
            return text == "true"
        return self._path(text)

    def _object(self) -> dict[str, Any]:
        members: dict[str, Any] = {}
        self._skip_ends()
        while not self._accept("}"):
            name = self._expect("word")
            self._expect(":")
            if name in members:
                self._fail(f"{name} is there twice")
            members[name] = self._expression()
            self._expect("end")
            self._skip_ends()
        return members

    def _array(self) -> list[Any]:
        items = []
        self._skip_ends()
        while not self._accept("]"):
            items.append(self._expression())
            self._expect("end")
            self._skip_ends()
        return items

    def _text(self, text: str) -> Any:
        parts = re.split(r"(?<!\\)\$\{([^}]*)\}", text)
        plain = [re.sub(r"\\.", lambda m: _ESCAPES[m[0]], one) for one in parts[::2]]
        if len(plain) == 1:
            return plain[0]
        values = [_code(self._inner(one)) for one in parts[1::2]]
        shape = "".join(
            one + (f"{{{place}}}" if place < len(values) else "") for place, one in enumerate(plain)
        )
        needs = frozenset[str]().union(*(one.needs for one in values))
        return Code(f"format({_quoted(shape)}, {', '.join(one.text for one in values)})", needs)

    def _inner(self, source: str) -> Any:
        outer = self._tokens, self._at
        self._tokens, self._at = list(_tokens(source)), 0
        value = self._expression()
        if self._peek() != ("", ""):
            self._fail(f"${{{source}}} is more than one value")
        self._tokens, self._at = outer
        return value

    def _path(self, name: str) -> Code:
        if self._peek()[1] == "(":
            return self._members(self._call(name))
        kind = self._kinds.get(name) or self._fail(f"there is no {name}")
        if kind == "resource":
            return self._of_resource(name)
        function = "parameters" if kind == "param" else "variables"
        return self._members(Code(f"{function}({_quoted(name)})"))

    def _call(self, name: str) -> Code:
        self._expect("(")
        values: list[Code] = []
        while not self._accept(")"):
            if values:
                self._expect(",")
            values.append(_code(self._expression()))
        needs = frozenset[str]().union(*(one.needs for one in values))
        return Code(f"{name}({', '.join(one.text for one in values)})", needs)

    def _members(self, code: Code) -> Code:
        text = code.text
        while self._accept("."):
            text += "." + self._expect("word")
        return Code(text, code.needs)

    def _of_resource(self, name: str) -> Code:
        """Return `x`, `x.id`, `x.name`, or a property that Azure sets once x exists."""
        needs = frozenset({name})
        if not self._accept("."):
            return Code("", needs)
        one = self._resources.get(name) or self._fail(f"{name} is used before it is declared")
        member = self._expect("word")
        if member == "id":
            return Code(self._id(one), needs)
        if member == "name":
            return Code(_code(one.body["name"]).text, needs)
        asked = f"{self._id(one)}, {_quoted(one.api)}"
        if member == "properties":
            return self._members(Code(f"reference({asked})", needs))
        return self._members(Code(f"reference({asked}, 'full').{member}", needs))

    # resources as ARM has them

    def _names(self, one: Symbol) -> list[Code]:
        own = _code(one.body["name"])
        parent = one.body.get("parent")
        if parent is None:
            return [own]
        (name,) = parent.needs
        return [*self._names(self._resources[name]), own]

    def _id(self, one: Symbol) -> str:
        names = ", ".join(name.text for name in self._names(one))
        return f"resourceId({_quoted(one.type)}, {names})"

    def _render(self, one: Symbol) -> dict[str, Any]:
        body = dict(one.body)
        needs = _needs(body)
        resource: dict[str, Any] = {}
        if one.condition is not None:
            resource["condition"] = _json(one.condition)
        resource |= {"type": one.type, "apiVersion": one.api}
        names = self._names(one)
        if len(names) > 1:
            shape = "/".join(f"{{{place}}}" for place in range(len(names)))
            arguments = ", ".join(name.text for name in names)
            body["name"] = Code(f"format({_quoted(shape)}, {arguments})")
        body.pop("parent", None)
        body.pop("dependsOn", None)
        if "scope" in body:
            (name,) = body["scope"].needs
            body["scope"] = Code(self._id(self._resources[name]))
        resource |= {member: _json(value) for member, value in body.items()}
        if needs:
            resource["dependsOn"] = [
                f"[{self._id(self._resources[name])}]" for name in sorted(needs)
            ]
        return resource

    # tokens

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def _accept(self, text: str) -> bool:
        if self._peek()[1] != text or self._peek()[0] == "text":
            return False
        self._at += 1
        return True

    def _expect(self, what: str) -> str:
        """Return the next token, which must be of this kind or this sign."""
        kind, text = self._next()
        if what not in (kind, text) and not (what == "end" and kind == ""):
            self._fail(f"{what} was expected before {text!r}")
        return text

    def _skip_ends(self) -> None:
        while self._peek()[0] == "end":
            self._next()

    def _fail(self, problem: str) -> NoReturn:
        line = 1 + sum(kind == "end" for kind, _ in self._tokens[: self._at])
        raise BicepError(f"line {line}: {problem}")


def _tokens(source: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise BicepError(f"{source[at : at + 20]!r} is not understood")
        if match.lastgroup != "space":
            found.append((str(match.lastgroup), match[0]))
        at = match.end()
    return found


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _code(value: Any) -> Code:
    """Return the value as it is written inside an expression."""
    match value:
        case Code():
            return value
        case bool():
            return Code("true()" if value else "false()")
        case int():
            return Code(str(value))
        case str():
            return Code(_quoted(value))
    raise BicepError(f"{value!r} cannot stand inside an expression")


def _json(value: Any) -> Any:
    """Return the value as it is written in the JSON."""
    match value:
        case Code():
            return f"[{value.text}]"
        case dict():
            return {name: _json(one) for name, one in value.items()}
        case list():
            return [_json(one) for one in value]
        case str() if value.startswith("["):
            return "[" + value
    return value


def _needs(value: Any) -> frozenset[str]:
    match value:
        case Code():
            return value.needs
        case dict():
            return frozenset[str]().union(*map(_needs, value.values()))
        case list():
            return frozenset[str]().union(*map(_needs, value))
    return frozenset()


if __name__ == "__main__":
    ARM.write_text(json.dumps(to_arm(BICEP.read_text()), indent=2) + "\n")
