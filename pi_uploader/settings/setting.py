"""What a setting is: a field of a dataclass that tells how the setting is read.

The environment, the config file, `--help` and `config example` all use these fields, so they cannot
disagree. Every settings class has the same pattern: a Group with a `setting()` for each field, and
`_contradictions` for what is wrong between them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self, TypeVar

from photo_wire.errors import quoted
from pi_uploader.errors import NightjarError
from pi_uploader.settings.source import Source

Value = TypeVar("Value")
DefaultValue = str | Callable[[Source], str | None] | None


class SettingsError(NightjarError):
    """One or more settings are wrong. `problems` has a line for each: its name, what it must be,
    and its value unless that is secret. The exception's text is these lines."""

    hint = "correct it; pi-uploader config check"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Default:
    """What a setting is when it is not set: a text that is parsed like a variable's, None for no
    value, or a function of the source that returns either (ValueError: it must be set). `text`
    describes it for a person."""

    value: DefaultValue
    text: str


@dataclass(frozen=True)
class Setting:
    """How one setting is read. `parse` raises ValueError, with the reason if that tells more than
    `expected`. `redact` returns the part of a wrong value that a message may show, None for
    nothing."""

    name: str
    parse: Callable[[str], Any]
    expected: str
    meaning: str
    default: Default
    redact: Callable[[str], str | None]

    @property
    def is_secret(self) -> bool:
        return self.redact is secret

    def value(self, source: Source) -> Any:
        """Return the value that this source gives. Raises ValueError with a sentence that tells
        the setting's location, what it must be, and its value as far as that may be shown."""
        location = source.location(self.name)
        text = source.text(self.name)
        if text is None:
            default = self.default.value
            try:
                text = default(source) if callable(default) else default
            except ValueError as problem:
                raise ValueError(f"{location}: {problem}; must be {self.expected}") from None
        if text is None:
            return None
        try:
            return self.parse(text)
        except ValueError as problem:
            raise ValueError(
                f"{location}: must be {self.expected}{self._describe_wrong(text, problem)}"
            ) from None

    def _describe_wrong(self, text: str, problem: ValueError) -> str:
        shown = self.redact(text)
        if str(problem):
            return f"; {'the value' if shown is None else quoted(shown)} {problem}"
        return "" if shown is None else f", not {quoted(shown)}"


def setting(
    name: str,
    parse: Callable[[str], Value],
    expected: str,
    meaning: str,
    *,
    default: Default | str | None = None,
    redact: Callable[[str], str | None] = str,
) -> Value:
    """Return a dataclass field that holds a setting."""
    if not isinstance(default, Default):
        default = Default(default, default or "not set")
    one = Setting(name, parse, expected, meaning, default, redact)
    held: Value = field(repr=not one.is_secret, metadata={"setting": one})
    return held


def secret(text: str) -> None:
    """Redact all of a secret."""


def required(source: Source) -> str | None:
    """Raise ValueError: this is the default of a setting that must be set."""
    raise ValueError("is not set")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Settings that are read together. A subclass has a field for each."""

    title: ClassVar[str] = ""
    """What they are about, for `--help`."""

    @classmethod
    def table(cls) -> list[tuple[str, Setting]]:
        """Return every setting with the name of its field."""
        return [
            (one.name, one.metadata["setting"]) for one in fields(cls) if "setting" in one.metadata
        ]

    @classmethod
    def read(cls, source: Source, **others: Any) -> Self:
        """Return the settings that this source gives. `others` are the fields that are not
        settings.

        Raises SettingsError with everything that is wrong with them.
        """
        values, problems = cls.parse(source)
        problems += cls._contradictions(values, source)
        if problems:
            raise SettingsError(problems)
        return cls(**values, **others)

    @classmethod
    def parse(cls, source: Source) -> tuple[dict[str, Any], list[str]]:
        """Return the values that are right one by one, by the names of their fields, and a line for
        each that is wrong."""
        values: dict[str, Any] = {}
        problems: list[str] = []
        for name, one in cls.table():
            try:
                values[name] = one.value(source)
            except ValueError as problem:
                problems.append(str(problem))
        return values, problems

    @classmethod
    def _contradictions(cls, values: Mapping[str, Any], source: Source) -> list[str]:
        """Return what is wrong between values that are right one by one. `values` lacks those that
        are wrong."""
        return []
