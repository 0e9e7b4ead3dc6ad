"""The settings: one environment variable each, read once, every mistake reported at once.

A field of the dataclasses below is a setting. Reading the environment and the text of `--help` both
go through these fields, so they cannot disagree. Capturing and uploading each have their own, so
that a mistake in one never stops the other.
"""

# ruff: noqa: RUF009  setting() returns a dataclasses.field

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Self, TypeVar

from photo_wire.errors import quoted
from pi_uploader import values

Value = TypeVar("Value")
Environment = Mapping[str, str]
MISCONFIGURED = 78  # exit code of a process whose settings are wrong (EX_CONFIG in sysexits.h)
PREFIX = "CAMERA_"  # variables that begin so are ours, even those that we don't know


class SettingsError(Exception):
    """One or more settings are wrong. `problems` has a line for each: its name, its value (never a
    secret's), what is expected. The text is these lines."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


@dataclass(frozen=True)
class Setting:
    """How one variable is read. `default` says what it is when it is not set: a text that is read
    as the variable's would be, None for no value, or a function of the environment that returns
    either (ValueError: it has to be set)."""

    name: str
    read: Callable[[str], Any]
    expected: str
    meaning: str
    default: str | Callable[[Environment], str | None] | None
    default_words: str
    shown: Callable[[str], str | None]

    def value(self, environ: Environment) -> Any:
        """The value in this environment. Raises ValueError with what is wrong and expected."""
        text = environ.get(self.name) or None
        try:
            if text is None:
                text = self.default(environ) if callable(self.default) else self.default
            return None if text is None else self.read(text)
        except ValueError as problem:
            what = f"{problem}; expected {self.expected}"
        if text is None:
            raise ValueError(f"{self.name}: {what}")
        shown = self.shown(text)
        raise ValueError(f"{self.name}: {'the value' if shown is None else quoted(shown)} {what}")


def setting(
    name: str,
    read: Callable[[str], Value],
    expected: str,
    meaning: str,
    *,
    default: str | Callable[[Environment], str | None] | None = None,
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


def required(environ: Environment) -> str | None:
    """The default of a setting that has none."""
    raise ValueError("is not set")


def spool_folder(environ: Environment) -> str:
    """Where the spool lies by default: in systemd's state directory, else in the user's."""
    if state := environ.get("STATE_DIRECTORY", "").partition(":")[0]:  # systemd may give several
        return f"{state}/spool"
    state = environ.get("XDG_STATE_HOME", "")
    home = environ.get("HOME") or "~"
    # The XDG specification has relative paths ignored.
    return f"{state if state.startswith('/') else home + '/.local/state'}/pi-uploader/spool"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What capturing and uploading have in common."""

    camera: str = setting(
        "CAMERA_NAME",
        values.camera_name,
        "1 to 32 of a-z, 0-9 and -, beginning with a letter or digit",
        "Name of the camera. It begins the name of every photo.",
        default="camera",
    )
    spool: Path = setting(
        "CAMERA_SPOOL",
        values.folder,
        "the whole path of a folder, such as /var/lib/pi-uploader/spool",
        "Folder in which photos wait until the backend has confirmed them.",
        default=spool_folder,
        default_words="$STATE_DIRECTORY/spool under systemd, else "
        "$XDG_STATE_HOME/pi-uploader/spool, else ~/.local/state/pi-uploader/spool",
    )

    @classmethod
    def from_environ(cls, environ: Environment) -> Self:
        """The settings that these variables make; an empty variable counts as not set.

        Raises SettingsError with everything that is wrong with these settings, and with variables
        that begin with CAMERA_ and are none.
        """
        found: dict[str, Any] = {}
        problems: list[str] = []
        for name, one in cls.table():
            try:
                found[name] = one.value(environ)
            except ValueError as problem:
                problems.append(str(problem))
        problems += cls._contradictions(found)
        problems += cls._unknown(environ)
        if problems:
            raise SettingsError(problems)
        return cls(**found)

    @classmethod
    def table(cls) -> list[tuple[str, Setting]]:
        """Every setting with the name of its field."""
        return [(one.name, one.metadata["setting"]) for one in fields(cls)]

    @classmethod
    def _contradictions(cls, found: Mapping[str, Any]) -> list[str]:
        """What is wrong with values that are right one by one. A wrong one is not in `found`."""
        return []

    @classmethod
    def _unknown(cls, environ: Environment) -> list[str]:
        """Misspelt variables. One that resembles a setting of the other process is its affair."""
        own = {one.name for _, one in cls.table()}
        known = {one.name.removeprefix(PREFIX): one.name for one in all_settings()}
        problems = []
        for name in sorted(environ):
            if name.startswith(PREFIX) and name not in known.values():
                alike = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1) or known
                expected = [known[one] for one in alike]
                if own.intersection(expected):
                    shown = quoted(name)[1:-1]
                    problems.append(
                        f"{shown}: no setting has this name; expected {', '.join(expected)}"
                    )
        return problems


@dataclass(frozen=True, kw_only=True)
class CaptureSettings(Settings):
    """The settings of `pi-uploader capture`. `every` and `cooldown` are seconds."""

    source: str = setting(
        "CAMERA_SOURCE",
        values.source,
        "simulated (picamera2, the Pi's own camera, comes next)",
        "Kind of camera: simulated draws its photos, or replays a folder's.",
        default=required,
        default_words="none: it has to be set, so that nothing is simulated unawares",
    )
    replay: Path | None = setting(
        "CAMERA_REPLAY",
        values.folder,
        "the whole path of a folder with .jpg, .jpeg, .dng or .mp4 files",
        "Folder whose pictures the simulated camera gives, by name, again and again.",
    )
    pir_pin: int | None = setting(
        "PIR_PIN",
        values.pin,
        f"a BCM number from 0 to {values.HIGHEST_PIN}, or none",
        "Pin of the motion sensor (PIR), BCM number; none: motion takes no photo.",
        default="17",
    )
    every: float | None = setting(
        "CAMERA_EVERY",
        values.interval,
        "a duration such as 30s, 5m or 1h, or off",
        "Time between photos on a schedule, the first at the start.",
        default="off",
    )
    clock_is_trusted: bool = setting(
        "CAMERA_CLOCK",
        values.trust_in_clock,
        "ntp or trusted",
        "ntp: the clock counts as set once the network has set it; trusted: always, since the "
        "device has a clock chip that runs on.",
        default="ntp",
    )
    cooldown: float = setting(
        "CAMERA_COOLDOWN",
        values.duration,
        "a duration such as 0s, 2s or 1m",
        "Time after a motion photo in which motion is counted but takes no photo.",
        default="2s",
    )

    spool_bytes: int | None = setting(
        "CAMERA_SPOOL_MB",
        values.megabytes,
        "a whole number of megabytes, or off",
        "Most that photos may take on the disk. Above it the least valuable is given up, and its "
        "loss reported.",
        default="off",
    )
    reserve_bytes: int = setting(
        "CAMERA_RESERVE_MB",
        values.reserve,
        "a whole number of megabytes",
        "Room on the disk that photos leave to the system.",
        default="64",
    )

    @classmethod
    def _contradictions(cls, found: Mapping[str, Any]) -> list[str]:
        if found.get("pir_pin", 0) is None and found.get("every", 0) is None:
            return [
                "PIR_PIN, CAMERA_EVERY: nothing would ever take a photo; "
                "expected a pin in PIR_PIN, a duration in CAMERA_EVERY, or both"
            ]
        return []


@dataclass(frozen=True, kw_only=True)
class UploadSettings(Settings):
    """The settings of `pi-uploader upload`. `base_url` has no slash at its end."""

    base_url: str = setting(
        "BASE_URL",
        values.base_url,
        "https://HOST with nothing after it, such as https://my-nightjar.azurewebsites.net",
        "Where the backend is. With http:// everything, the key too, travels readable.",
        default=required,
        default_words="none: it has to be set",
        shown=values.showable_url,
    )
    function_key: str | None = setting(
        "AZURE_FUNCTION_KEY",
        values.key,
        "the function key as the portal shows it",
        "Key that the backend asks devices for. It is never shown.",
        secret=True,
    )
    uploads: int = setting(
        "CAMERA_UPLOADS",
        values.uploads,
        f"a number from 1 to {values.MOST_UPLOADS}",
        "Photos under way at once. More drain a backlog faster where the line has a long delay.",
        default="2",
    )
    bytes_per_second: float | None = setting(
        "CAMERA_MAX_KBPS",
        values.kilobits,
        "a whole number of kilobits per second, or off",
        "Cap on how fast photos go up, so that others on the line can work.",
        default="off",
    )
    monthly_bytes: int | None = setting(
        "CAMERA_MONTHLY_MB",
        values.megabytes,
        "a whole number of megabytes, or off",
        "Data budget of a calendar month (UTC). Above it photos wait for the next month.",
        default="off",
    )

    @property
    def warning(self) -> str | None:
        """What a person should know about settings that are right."""
        if not values.is_readable_on_the_way(self.base_url):
            return None
        return (
            f"BASE_URL: {self.base_url} is not https; the key and the photos travel readable "
            "for everyone on the way"
        )


def all_settings() -> list[Setting]:
    """Every setting once, those of capturing first."""
    both = [*CaptureSettings.table(), *UploadSettings.table()]
    return list({one.name: one for _, one in both}.values())
