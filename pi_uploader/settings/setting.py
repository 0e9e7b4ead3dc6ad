"""What a setting is: a field of a dataclass that says how it is read.

The environment, the config file, `--help` and `config example` all go through these fields, so they
cannot disagree.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Self, TypeVar

from photo_wire.errors import quoted
from pi_uploader.errors import NightjarError
from pi_uploader.settings.source import Source

Value = TypeVar("Value")
Default = str | Callable[[Source], str | None] | None


class SettingsError(NightjarError):
    """One or more settings are wrong. `problems` has a line for each: its name, its value (never a
    secret's), what is expected. The text is these lines."""

    hint = "correct it; pi-uploader config check"

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Setting:
    """How one variable is read. `default` says what it is when it is not set: a text that is read
    as the variable's would be, None for no value, or a function of the source that returns either
    (ValueError: it has to be set)."""

    name: str
    read: Callable[[str], Any]
    expected: str
    meaning: str
    default: Default
    default_words: str
    shown: Callable[[str], str | None]

    @property
    def is_secret(self) -> bool:
        return self.shown is hidden

    def value(self, source: Source) -> Any:
        """The value that this source gives. Raises ValueError with what is wrong and expected."""
        text = source.text(self.name)
        try:
            if text is None:
                text = self.default(source) if callable(self.default) else self.default
            return None if text is None else self.read(text)
        except ValueError as problem:
            what = f"{problem}; expected {self.expected}"
        place = source.place(self.name)
        if text is None:
            raise ValueError(f"{place}: {what}")
        shown = self.shown(text)
        raise ValueError(f"{place}: {'the value' if shown is None else quoted(shown)} {what}")


def setting(
    name: str,
    read: Callable[[str], Value],
    expected: str,
    meaning: str,
    *,
    default: Default = None,
    default_words: str = "",
    shown: Callable[[str], str | None] = str,
    secret: bool = False,
) -> Value:
    """A dataclass field that holds a setting. `shown` gives the part of a wrong value that may
    stand in a message, None for nothing of it; of a `secret` nothing is shown anywhere."""
    words = default_words or (default if isinstance(default, str) else "not set")
    one = Setting(name, read, expected, meaning, default, words, hidden if secret else shown)
    held: Value = field(repr=not secret, metadata={"setting": one})
    return held


def hidden(text: str) -> None:
    """What may be shown of a secret."""


def required(source: Source) -> str | None:
    """The default of a setting that has none."""
    raise ValueError("is not set")


@dataclass(frozen=True, kw_only=True)
class Group:
    """Settings that are read together. A subclass has a field for each."""

    where: ClassVar[str] = ""
    """What they are about, as `--help` calls it."""

    @classmethod
    def table(cls) -> list[tuple[str, Setting]]:
        """Every setting with the name of its field."""
        return [
            (one.name, one.metadata["setting"]) for one in fields(cls) if "setting" in one.metadata
        ]

    @classmethod
    def read(cls, source: Source, **more: Any) -> Self:
        """The settings as this source has them; `more` are the fields that are no settings.

        Raises SettingsError with everything that is wrong with them.
        """
        found: dict[str, Any] = {}
        problems: list[str] = []
        for name, one in cls.table():
            try:
                found[name] = one.value(source)
            except ValueError as problem:
                problems.append(str(problem))
        problems += cls._contradictions(found, source)
        if problems:
            raise SettingsError(problems)
        return cls(**found, **more)

    @classmethod
    def _contradictions(cls, found: Mapping[str, Any], source: Source) -> list[str]:
        """What is wrong with values that are right one by one. A wrong one is not in `found`."""
        return []
