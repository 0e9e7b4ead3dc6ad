"""The state of a camera in a heartbeat (photo_wire/heartbeat.py)."""

from dataclasses import dataclass, replace
from datetime import datetime

from photo_wire.members import Members
from photo_wire.polygons import Outline, parse_polygons

MAX_PINS = 40
MAX_WORDS = 16  # of a list of keywords
MAX_TEXT = 64  # characters of a source, the use of a pin
MAX_REASON = 200  # characters of what makes a camera fail


@dataclass(frozen=True, slots=True)
class PinState:
    """A GPIO pin that a camera uses: its BCM number, the setting that names it, and whether it is
    active now, which a triggered camera can be and an idle one is not."""

    number: int
    use: str | None = None
    is_active: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraState:
    """The state of a camera. `failures` are those since its last photo, `failing` is why the last
    one happened, `disarmed_until` None for a person's word; `can` are the kinds of pictures that it
    takes: photo, clip, live. `motion` is WATCHING, or BLIND and the reason
    (photo_wire/motion.py), since `motion_since`; None if the camera does not look for motion in its
    picture. `detection` is WORKING, or FAILING and the reason since `detection_since`; None if no
    model labels its photos. `zones` and `masks` are where motion counts and where it does not, as
    in photo_wire/polygons.py, without `omitted_polygons` of them for which a heartbeat has no
    room."""

    source: str | None = None
    armed: bool | None = None
    disarmed_until: datetime | None = None
    last_trigger: datetime | None = None
    last_photo: datetime | None = None
    failures: int | None = None
    failing: str | None = None
    pins: tuple[PinState, ...] = ()
    can: tuple[str, ...] = ()
    motion: str | None = None
    motion_since: datetime | None = None
    detection: str | None = None
    detection_since: datetime | None = None
    zones: tuple[Outline, ...] = ()
    masks: tuple[Outline, ...] = ()
    omitted_polygons: int | None = None

    @property
    def corners(self) -> int:
        """How many corners its zones and masks have."""
        return sum(map(len, self.zones + self.masks))

    def without_polygons(self) -> "CameraState":
        """Return the state without zones and masks, which says how many there are."""
        omitted = len(self.zones) + len(self.masks) + (self.omitted_polygons or 0)
        return replace(self, zones=(), masks=(), omitted_polygons=omitted or None)

    def with_short_reasons(self, length: int) -> "CameraState":
        """Return the state with reasons of at most `length` characters."""
        return replace(
            self,
            failing=self.failing and self.failing[:length],
            motion=self.motion and self.motion[:length],
            detection=self.detection and self.detection[:length],
        )


def parse_camera(members: Members) -> CameraState:
    """Return the state in the members of a JSON object. Raises WireError."""
    pins = members.array("pins", MAX_PINS)
    return CameraState(
        source=members.text("source", MAX_TEXT),
        armed=members.flag("armed"),
        disarmed_until=members.time("disarmed_until"),
        last_trigger=members.time("last_trigger"),
        last_photo=members.time("last_photo"),
        failures=members.whole("failures"),
        failing=members.text("failing", MAX_REASON),
        pins=tuple(
            _parse_pin(Members(one, f"{members.path('pins')}[{index}]"))
            for index, one in enumerate(pins)
        ),
        can=members.keywords("can", MAX_WORDS),
        motion=members.text("motion", MAX_REASON),
        motion_since=members.time("motion_since"),
        detection=members.text("detection", MAX_REASON),
        detection_since=members.time("detection_since"),
        zones=parse_polygons(members, "zones"),
        masks=parse_polygons(members, "masks"),
        omitted_polygons=members.whole("omitted_polygons", 1),
    )


def _parse_pin(members: Members) -> PinState:
    number = members.whole("number", 0, 1000)
    if number is None:
        raise members.missing("number")
    return PinState(number, members.text("use", MAX_TEXT), members.flag("is_active"))
