"""What this process is given and what it answers: JSON, one object a line.

The first line of standard input is a Setup, each further one a Job; a Reply follows each. Secrets
are in none but these, neither in arguments nor in the environment.
"""

from typing import TypedDict


class Setup(TypedDict):
    """What holds for all jobs: the folders of packages, the private networks that may be reached
    (such as 10.0.0.0/8), the VAPID key (base64url) and contact of the sender."""

    packages: list[str]
    networks: list[str]
    vapid_key: str
    contact: str


class Notification(TypedDict):
    """A notification; `at` is RFC 3339, `thumbnail` base64 or empty, `url` None if no link can be
    made, `snooze` the texts for browsers."""

    id: str
    kind: str
    title: str
    body: str
    url: str | None
    camera: str
    at: str
    photo_id: str | None
    tag: str
    snooze_url: str | None
    language: str
    snooze: dict[str, str] | None
    thumbnail: str


class Job(TypedDict):
    """Where to send what. `text` and `secret` are those of the address."""

    kind: str
    text: str
    secret: str
    notification: Notification


class Reply(TypedDict):
    """An Outcome's value, why, and the seconds to wait, if the receiver said so. `blocked` is the
    IP address to which the guard refused to connect."""

    outcome: str
    why: str
    after: float | None
    blocked: str
