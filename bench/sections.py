"""The sections of the benchmarks, in the order in which they run."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import (
    backend,
    backlog,
    cold_start,
    counts,
    drain,
    flood,
    handshakes,
    idle,
    memory,
    message,
    notify,
    pages,
    photo_now,
    preroll,
    receivers,
    senders,
    small_instance,
    spool_write,
    thumbnails,
    trigger,
)
from bench.effort import Effort
from bench.report import Figure

Measure = Callable[[Path, Effort], list[Figure]]


@dataclass(frozen=True)
class Section:
    """What is measured together: its title, what the figures mean, and the function that measures
    with an empty folder and an effort."""

    title: str
    about: str
    measure: Measure


SECTIONS = {
    "durable": Section(
        "From the trigger to a photo that survives a power cut",
        "flushes, bytes and time of the spool's put(), beside the same calls without Nightjar",
        spool_write.measure,
    ),
    "trigger": Section(
        "From the trigger to the receipt",
        "capture and upload as processes, a server that only responds; all on loopback",
        trigger.measure,
    ),
    "photo-now": Section(
        "A photo now",
        "from the press in a real browser until the page shows the photo, with all of `make run`",
        photo_now.measure,
    ),
    "pre-roll": Section(
        "How long before its trigger a clip begins",
        "clips of a real RTSP server on loopback with a key frame every two seconds, at any phase "
        "of them; pre-roll 3 s; by the time that the first picture shows",
        preroll.measure,
    ),
    "notify": Section(
        "From the trigger to the message that somebody reads",
        "with all of `make run`: a push service that decrypts as a browser does, a webhook and a "
        "receiver like ntfy, all on loopback; each photo has its own message",
        notify.measure,
    ),
    "idle": Section(
        "A device on which nothing happens",
        "wake-ups of all threads and CPU of both processes; --idle SECONDS sets for how long",
        idle.measure,
    ),
    "flood": Section(
        "A flood of requests to the device's own page",
        "from a movement to the photo in the spool, with 16 connections that send all the time "
        "and without them, in turns",
        flood.measure,
    ),
    "send": Section(
        "What sending a photo of 500 KB costs the device",
        "CPU of the uploader beside requests, httpx, http.client and curl with the same bytes; "
        "requests reads them from a file, as the uploader does, or has them in memory",
        senders.measure,
    ),
    "drain": Section(
        "How fast a backlog of photos of 500 KB is uploaded",
        "to the backend on Azurite, beside raw PUTs; and over a round trip of 50 ms",
        drain.measure,
    ),
    "backlog": Section(
        "A device with many waiting photos",
        "status, the start of capture and the choice of the next photo, beside os.walk",
        backlog.measure,
    ),
    "tls": Section(
        "TLS", "handshakes, and how often the certificates are read", handshakes.measure
    ),
    "memory": Section(
        "The processes on the Pi", "their memory, and how long they import", memory.measure
    ),
    "backend": Section(
        "The backend stores photos",
        "on Azurite, beside the same two writes through the SDKs and by raw HTTP",
        backend.measure,
    ),
    "receive": Section(
        "The backend, beside minimal apps",
        "photos of 500 KB, 4 at once: FastAPI and Functions apps with the SDKs, the same Azurite",
        receivers.measure,
    ),
    "message": Section(
        "The message by which people are told of a photo",
        "PUTs to a backend with a channel and to one without, photo by photo in turns; nobody "
        "reads the messages meanwhile, and each backend has two Azurites, one for the queue",
        message.measure,
    ),
    "counts": Section(
        "How many photos there are",
        "requests, CPU and time of the routes that say so, with stores in memory",
        counts.measure,
    ),
    "pages": Section(
        "A page of the list", "on Azurite, beside the same query without a backend", pages.measure
    ),
    "thumbnails": Section(
        "A page of fresh thumbnails",
        "over six connections, as a browser has them; the floor is the same page once more",
        thumbnails.measure,
    ),
    "cold": Section(
        "A cold start of the backend",
        "the import in a new process, beside a minimal app with the same SDKs",
        cold_start.measure,
    ),
    "small": Section(
        "A small instance", "the peak memory of the whole backend in 512 MB", small_instance.measure
    ),
}
