"""Commands, their states and the blob that a device polls, on every kind of store."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from function_app.services import Services
from function_app.storage.command_rows import REPORT_TIMEOUT, CommandRecord
from function_app.storage.commands import COMMAND_TTL, Commands, TooManyCommandsError, blob_path
from function_app.storage.device_keys import commands_of
from photo_wire.blob_link import BlobLink
from photo_wire.command import MAX_OPEN, Command, CommandResult, CommandState, Kind
from photo_wire.command_blob import MAX_BLOB_BYTES, CommandBlob
from photo_wire.moment import to_milliseconds
from photo_wire.name import new_name

NOW = to_milliseconds(datetime.now(UTC))
MINUTE = timedelta(minutes=1)
KEY = "K" * 43


@pytest.fixture
def commands(services: Services) -> Commands:
    return services.commands


def wanted(camera: str | None, kind: Kind = Kind.PHOTO, now: datetime = NOW) -> CommandRecord:
    return CommandRecord(Command("0" * 32, kind, now + 10 * MINUTE, camera), "owner", now)


def result_of(record: CommandRecord, state: CommandState, **more: Any) -> CommandResult:
    return CommandResult(record.command.id, state, **more)


def open_in_blob(commands: Commands, device: str) -> tuple[Command, ...]:
    return commands.read_blob(device).content.open


def test_a_command_is_in_its_row_in_the_blob_and_in_what_is_to_do(
    commands: Commands, camera: str
) -> None:
    asked = commands.ask(camera, wanted(camera), NOW)
    assert asked.command.id != "0" * 32
    assert commands.get(camera, asked.command.id) == asked
    assert open_in_blob(commands, camera) == (asked.command,)
    assert commands.to_do(camera, KEY, NOW) == (asked.command,)
    assert commands.get(f"{camera}-2", asked.command.id) is None


def test_every_field_of_a_record_comes_back(commands: Commands, camera: str) -> None:
    command = Command("0" * 32, Kind.LOGS, NOW + MINUTE, camera, NOW + 2 * MINUTE, 50)
    asked = commands.ask(camera, CommandRecord(command, "token x", NOW), NOW)
    result = result_of(asked, CommandState.REFUSED, detail="Not while it rains.", output="é\n")
    refused = commands.record(camera, result, NOW + MINUTE)
    assert refused
    assert refused == replace(
        asked,
        state=CommandState.REFUSED,
        detail="Not while it rains.",
        has_output=True,
        finished_at=NOW + MINUTE,
    )
    assert commands.get(camera, asked.command.id) == refused
    assert commands.output(camera, asked.command.id) == "é\n"


def test_the_first_question_of_a_device_creates_its_blob(commands: Commands, camera: str) -> None:
    """So that its polls find one, and see the first command."""
    assert commands.read_blob(camera)[:2] == (CommandBlob(), "")
    assert commands.to_do(camera, KEY, NOW) == ()
    blob, etag, _ = commands.read_blob(camera)
    assert (blob, bool(etag)) == (CommandBlob(), True)
    commands.to_do(camera, KEY, NOW)
    assert commands.read_blob(camera).etag == etag


def test_a_taken_command_is_offered_no_more_and_still_open(commands: Commands, camera: str) -> None:
    asked = commands.ask(camera, wanted(camera), NOW)
    taken = commands.record(camera, result_of(asked, CommandState.TAKEN), NOW)
    assert taken
    assert taken.state_at(NOW) is CommandState.TAKEN
    assert open_in_blob(commands, camera) == commands.to_do(camera, KEY, NOW) == ()
    done = commands.record(camera, result_of(asked, CommandState.DONE), NOW + MINUTE)
    assert done
    assert (done.state_at(NOW), done.finished_at) == (CommandState.DONE, NOW + MINUTE)
    assert commands.get(camera, asked.command.id) == done


def test_a_command_expires_by_itself(commands: Commands, camera: str) -> None:
    """One that was taken gets more time, for the report."""
    asked, taken = (commands.ask(camera, wanted(camera), NOW) for _ in range(2))
    commands.record(camera, result_of(taken, CommandState.TAKEN), NOW)
    end = asked.command.expires_at
    after = end + timedelta(milliseconds=1)
    assert asked.state_at(end) is CommandState.ASKED
    assert asked.state_at(after) is CommandState.EXPIRED
    assert commands.to_do(camera, KEY, after) == ()
    found = commands.get(camera, taken.command.id)
    assert found
    assert found.state_at(after) is CommandState.TAKEN
    assert found.state_at(after + REPORT_TIMEOUT) is CommandState.EXPIRED
    later = commands.ask(camera, wanted(camera, now=after), after)
    assert open_in_blob(commands, camera) == (later.command,)


@pytest.mark.parametrize("is_pruned", [False, True])
@pytest.mark.parametrize("state", [CommandState.DONE, CommandState.REFUSED])
def test_what_a_device_did_counts_more_than_the_end(
    commands: Commands, camera: str, state: CommandState, is_pruned: bool
) -> None:
    """The network was away; whether or not the command has left the list of open ones by then."""
    asked = commands.ask(camera, wanted(camera), NOW)
    late = NOW + timedelta(hours=3)
    if is_pruned:
        commands.ask(camera, wanted(camera, now=late), late)
    for reported in (CommandState.EXPIRED, CommandState.TAKEN, state):
        found = commands.record(camera, result_of(asked, reported), late)
        assert found
        assert found.state_at(late) is (state if reported is state else CommandState.EXPIRED)
    for reported in (CommandState.EXPIRED, CommandState.TAKEN, *CommandState)[:2]:
        found = commands.record(camera, result_of(asked, reported), late)
        assert found
        assert found.state is state


def test_a_repeated_report_changes_nothing(commands: Commands, camera: str) -> None:
    asked = commands.ask(camera, wanted(camera), NOW)
    for state in (CommandState.TAKEN, CommandState.EXPIRED, CommandState.DONE):
        result = result_of(asked, state, detail=f"It is {state}.")
        first = commands.record(camera, result, NOW)
        assert commands.record(camera, result, NOW + MINUTE) == first


def test_a_command_that_is_not_known_stores_nothing(commands: Commands, camera: str) -> None:
    """Nor an output, however large."""
    other = commands.ask(f"{camera}-2", wanted(camera), NOW)
    commands.to_do(camera, KEY, NOW)
    for command_id in ("f" * 32, other.command.id):
        result = CommandResult(command_id, CommandState.DONE, output="x" * 1000)
        assert commands.record(camera, result, NOW) is None
        assert commands.output(camera, command_id) is None
    assert commands.newest(camera, 10, "") == []


def test_a_photo_marks_its_command_done(commands: Commands, camera: str) -> None:
    """By its tag, its camera and its device; late, too."""
    asked = commands.ask(camera, wanted(camera), NOW)
    tag = asked.command.tag
    wrong = "0" * 8
    for device, name in (
        (camera, new_name(camera, NOW, wrong)),
        (camera, new_name(f"{camera}-2", NOW, tag)),
        (f"{camera}-2", new_name(camera, NOW, tag)),
    ):
        commands.record_photo(device, name, NOW)
        assert commands.get(camera, asked.command.id) == asked
    photo = new_name(camera, NOW, tag)
    late = NOW + timedelta(days=2)
    for moment in (late, late + MINUTE):  # a device repeats an upload
        commands.record_photo(camera, photo, moment)
        done = commands.get(camera, asked.command.id)
        assert done
        assert (done.state, done.photos) == (CommandState.DONE, (str(photo),))
        assert done.finished_at == late
    assert open_in_blob(commands, camera) == ()
    expired = result_of(asked, CommandState.EXPIRED, detail="The device restarted.")
    assert commands.record(camera, expired, late) == done


def test_photos_of_all_cameras_are_collected_until_the_device_says_done(
    commands: Commands, camera: str
) -> None:
    asked = commands.ask(camera, wanted(None), NOW)
    photos = [new_name(f"{camera}-{n}", NOW, asked.command.tag) for n in range(2)]
    for photo in photos:
        commands.record_photo(camera, photo, NOW)
    found = commands.get(camera, asked.command.id)
    assert found
    assert found.state is CommandState.TAKEN
    result = result_of(asked, CommandState.DONE, photos=tuple(map(str, photos[1:])))
    done = commands.record(camera, result, NOW)
    assert done
    assert (done.state, done.photos) == (CommandState.DONE, tuple(map(str, photos)))


def test_no_photo_marks_a_command_of_another_kind(commands: Commands, camera: str) -> None:
    asked = commands.ask(camera, wanted(camera, Kind.RESTART), NOW)
    commands.record_photo(camera, new_name(camera, NOW, asked.command.tag), NOW)
    assert commands.get(camera, asked.command.id) == asked


def test_no_more_than_the_limit_are_open(commands: Commands, camera: str) -> None:
    """Also if they are asked for at once; an expired one or a done one makes room."""

    def ask(_: int) -> CommandRecord | None:
        try:
            return commands.ask(camera, wanted(camera), NOW)
        except TooManyCommandsError:
            return None

    with ThreadPoolExecutor(8) as pool:
        asked = [one for one in pool.map(ask, range(MAX_OPEN + 5)) if one]
    assert len(asked) == MAX_OPEN
    assert len({one.command.tag for one in asked}) == MAX_OPEN
    assert set(open_in_blob(commands, camera)) == {one.command for one in asked}
    assert ask(0) is None
    commands.record(camera, result_of(asked[0], CommandState.DONE), NOW)
    assert ask(0)
    assert ask(0) is None
    later = NOW + timedelta(hours=1)
    assert commands.ask(camera, wanted(camera, now=later), later)


def test_the_newest_are_listed_first(commands: Commands, camera: str) -> None:
    """Page by page, also those of one second."""
    asked = [commands.ask(camera, wanted(camera), NOW) for _ in range(3)]
    later = NOW + MINUTE
    asked.append(commands.ask(camera, wanted(camera, now=later), later))
    first = commands.newest(camera, 3, "")
    assert first == asked[:0:-1]
    assert commands.newest(camera, 3, first[-1].command.id) == asked[:1]


def test_old_commands_are_purged_with_their_outputs(commands: Commands, camera: str) -> None:
    old, new = (
        commands.ask(camera, wanted(camera, Kind.LOGS, moment), moment)
        for moment in (NOW - COMMAND_TTL - MINUTE, NOW - COMMAND_TTL + MINUTE)
    )
    for one in (old, new):
        commands.record(camera, result_of(one, CommandState.DONE, output="a log"), one.asked_at)
    assert commands.purge(camera, NOW) == 1
    assert commands.purge(camera, NOW) == 0
    assert [one.command.id for one in commands.newest(camera, 10, "")] == [new.command.id]
    assert commands.output(camera, old.command.id) is None
    assert commands.output(camera, new.command.id) == "a log"


def test_nothing_stays_of_a_device_that_is_removed(
    commands: Commands, services: Services, camera: str
) -> None:
    asked = commands.ask(camera, wanted(camera, Kind.DOCTOR), NOW)
    commands.record(camera, result_of(asked, CommandState.DONE, output="well"), NOW)
    commands.forget(camera)
    commands.forget(camera)
    assert commands.output(camera, asked.command.id) is None
    assert commands.read_blob(camera)[:2] == (CommandBlob(), "")
    assert services.devices.query(commands_of(camera), 10) == []


def test_whoever_looks_stays_in_the_blob(commands: Commands, camera: str) -> None:
    """Until it is over: then the address of the live picture goes, too."""
    until = NOW + MINUTE
    looking = CommandBlob(
        (), {camera: until}, {camera: BlobLink("https://store.example/a.jpg", until)}
    )
    assert commands.write_blob(commands.read_blob(camera), looking)
    asked = commands.ask(camera, wanted(camera), NOW)
    assert commands.read_blob(camera).content == replace(looking, open=(asked.command,))
    later = commands.ask(camera, wanted(camera, now=until), until)
    assert commands.read_blob(camera).content == CommandBlob((asked.command, later.command))


def test_a_blob_of_an_earlier_version_is_moved(
    commands: Commands, services: Services, camera: str
) -> None:
    """With its commands, which its row had without a key."""
    asked = commands.ask(camera, wanted(camera), NOW)
    row = services.devices.get(commands_of(camera), "open")
    assert row is not None
    old = {name: text for name, text in row.properties.items() if name != "key"}
    assert services.devices.replace(commands_of(camera), row, old)
    assert commands.read_blob(camera).path == f"commands/{camera}.json"
    assert commands.to_do(camera, KEY, NOW) == open_in_blob(commands, camera) == (asked.command,)
    assert commands.read_blob(camera).path == blob_path(camera, KEY)
    assert services.device_blobs.read(f"commands/{camera}.json", MAX_BLOB_BYTES) is None


def test_a_blob_that_somebody_else_wrote_is_written_anew(
    commands: Commands, services: Services, camera: str
) -> None:
    assert services.device_blobs.write(f"commands/{camera}.json", b"not ours", "text/plain")
    asked = commands.ask(camera, wanted(camera), NOW)
    assert open_in_blob(commands, camera) == (asked.command,)


def test_a_device_reports_no_photos_of_others_and_not_ever_more(
    commands: Commands, camera: str
) -> None:
    """Nor those of another camera, whose name has the tag, too."""
    asked = commands.ask(camera, wanted(camera), NOW)
    tag = asked.command.tag
    others = (str(new_name(f"{camera}-2", NOW, tag)), str(new_name(camera, NOW, "0" * 8)))
    commands.record(camera, result_of(asked, CommandState.DONE, photos=others), NOW)
    for seconds in range(5):
        own = tuple(
            str(new_name(camera, NOW + timedelta(seconds=seconds, milliseconds=number), tag))
            for number in range(20)
        )
        commands.record(camera, result_of(asked, CommandState.DONE, photos=own), NOW)
    found = commands.get(camera, asked.command.id)
    assert found
    assert len(found.photos) == 32
    assert not set(others) & set(found.photos)
