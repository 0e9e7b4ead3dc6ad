"""Records a version: its real uploader sends to its real backend over Azurite, through a relay
that writes everything down."""

from collections.abc import Callable
from pathlib import Path

from photo_wire import __version__
from pi_uploader.client import BackendClient, RejectedError, UnavailableError
from tests.golden.exchanges import Golden, Outcome, from_recorded
from tests.golden.stories import Story, stories
from tests.support.backend import Backend
from tests.support.recorder import Recorder


def record(here: Backend, away: Backend) -> list[Golden]:
    """Every story. `here` has an empty store, and `away` cannot reach one."""
    backends = {"here": here, "away": away}
    with Recorder(here.port) as to_here, Recorder(away.port) as to_away:
        recorders = {"here": to_here, "away": to_away}
        return [
            _record(story, backends[story.storage], recorders[story.storage]) for story in stories()
        ]


def write(recorded: list[Golden], folder: Path) -> None:
    """Fill the version's folder anew."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.json"):
        old.unlink()
    for one in recorded:
        one.write(folder)


def _record(story: Story, backend: Backend, recorder: Recorder) -> Golden:
    outcome = None
    if story.other:
        story.other(recorder.base_url, backend.function_key)
    elif story.send:
        delivery = BackendClient(recorder.base_url, story.key or backend.function_key)
        outcome = outcome_of(story.send, delivery)
    recorded = recorder.exchanges[-1]
    about = {
        "version": __version__,
        "story": story.name,
        "what": story.what,
        "storage": story.storage,
    }
    return from_recorded(recorded, backend.function_key, outcome, about)


def outcome_of(send: Callable[[BackendClient], object], delivery: BackendClient) -> Outcome:
    """What the uploader makes of the reply."""
    try:
        send(delivery)
    except RejectedError as error:
        return Outcome("rejected", error.status)
    except UnavailableError as error:
        return Outcome("unavailable", wait=error.retry_after)
    return Outcome("receipt")
