"""A browser with notifications: a push service of the test, and what the service worker shows."""

import json
from typing import Any

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page, Worker, expect

from tests.e2e.gallery.browser_pages import DESK, TIMEOUT, open_session
from tests.e2e.gallery.filled_gallery import Gallery
from tests.support.push_service import Browser, PushService
from tests.support.waiting import wait_for

# PushManager with a subscription of the test, which stays over a reload.
PUSH_MANAGER = """(() => {
  const current = () => {
    const made = localStorage.getItem("subscription");
    return made && { endpoint: JSON.parse(made).endpoint, toJSON: () => JSON.parse(made),
      unsubscribe: async () => { localStorage.removeItem("subscription"); return true; } };
  };
  PushManager.prototype.getSubscription = async () => current();
  PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
    localStorage.setItem("subscription", await subscribeAtTest(applicationServerKey));
    return current();
  };
})()"""
SHOWN = """navigator.serviceWorker.ready.then((one) => one.getNotifications()).then((all) =>
  all.map(({ title, body, tag, lang, actions }) =>
    ({ title, body, tag, lang, actions: actions.map((one) => one.title) })))"""

# A click, as the system would report it. Only a real one may open a window, so that is recorded.
CLICK = """(action) => {
  self.opened = [];
  clients.openWindow = async (path) => { self.opened.push(path); return null; };
  return registration.getNotifications().then(([one]) => new Promise((done) => {
    const event = new NotificationEvent("notificationclick", { notification: one, action });
    event.waitUntil = (work) => work.catch(() => null).then(() => done(self.opened));
    dispatchEvent(event);
  }));
}"""


class Phone:
    """A browser with a session, which allowed notifications."""

    def __init__(self, chromium: Chromium, gallery: Gallery, service: PushService) -> None:
        self.backend = gallery.backend
        self.context = chromium.new_context(
            viewport=DESK, locale="en-GB", timezone_id="Europe/Berlin"
        )
        self.context.set_default_timeout(TIMEOUT)
        self.context.grant_permissions(["notifications"], origin=self.backend.base_url)
        self.page = self.context.new_page()
        self.subscribed: list[Browser] = []
        self._service = service
        self.page.expose_function("subscribeAtTest", self._subscribe)
        self.page.add_init_script(PUSH_MANAGER)
        self._devtools = self.context.new_cdp_session(self.page)
        self._registrations: list[str] = []  # ids of those whose worker is activated
        self._handled: list[str] = []  # how the worker's handling of each message ended
        self._devtools.on("ServiceWorker.workerVersionUpdated", self._note_versions)
        self._devtools.on("BackgroundService.backgroundServiceEventReceived", self._note_push)
        self._devtools.send("ServiceWorker.enable")
        pushes = {"service": "pushMessaging"}
        self._devtools.send("BackgroundService.startObserving", pushes)
        self._devtools.send("BackgroundService.setRecording", {**pushes, "shouldRecord": True})

    def _note_versions(self, event: dict[str, Any]) -> None:
        for version in event["versions"]:
            if version["status"] == "activated":
                self._registrations.append(version["registrationId"])

    def _note_push(self, event: dict[str, Any]) -> None:
        found = event["backgroundServiceEvent"]
        if found["eventName"] == "Push event completed":
            self._handled += [one["value"] for one in found["eventMetadata"]]

    def _subscribe(self, key: str) -> str:
        self.subscribed.append(self._service.subscribe(key))
        return self.subscribed[-1].subscription

    def sign_in(self, name: str = "owner", password: str = "") -> None:
        open_session(self.page, self.backend, name, password or self.backend.password)

    def open(self, path: str = "/notifications") -> Page:
        self.page.goto(self.backend.base_url + path)
        return self.page

    def turn_on(self) -> None:
        """Turn notifications of this browser on, from its page, by the keyboard: the focus stays
        on the button."""
        self.open()
        self.page.get_by_role("button", name="Turn on").press("Enter")
        expect(self.page.locator("#browser-state")).to_contain_text("This browser shows")
        expect(self.page.get_by_role("button", name="Turn off")).to_be_focused()

    @property
    def worker(self) -> Worker:
        (worker,) = wait_for(lambda: self.context.service_workers, what="the worker")
        return worker

    def push(self, content: object) -> None:
        """Deliver a message to the service worker, and wait until that has shown it. Chromium drops
        one that comes before the worker is activated; and while one is being shown, whoever asks
        for those that are shown makes it forget this one."""
        registration = self._reported(self._registrations, 1, "an activated worker")[0]
        count = len(self._handled) + 1
        self._devtools.send(
            "ServiceWorker.deliverPushMessage",
            {
                "origin": self.backend.base_url,
                "registrationId": registration,
                "data": content if isinstance(content, str) else json.dumps(content),
            },
        )
        assert self._reported(self._handled, count, "the end of the push event")[-1] == "Success"

    def _reported(self, events: list[str], count: int, what: str) -> list[str]:
        """Return what the browser has reported, once there is so much of it."""

        def has_come() -> bool:
            # Each call handles what was reported meanwhile; this one does nothing else.
            self._devtools.send("ServiceWorker.enable")
            return len(events) >= count

        wait_for(has_come, what=what)
        return events

    def shown(self, count: int = 1) -> list[dict[str, Any]]:
        """Return the notifications, once there are so many."""
        found: list[dict[str, Any]] = wait_for(
            lambda: found if len(found := self.page.evaluate(SHOWN)) == count else [],
            what="the notifications",
        )
        return found

    def click(self, action: str = "") -> list[str]:
        """Click the notification, and return what it wanted to open in a new window."""
        opened: list[str] = self.worker.evaluate(CLICK, action)
        return opened

    def channels(self) -> list[dict[str, Any]]:
        reply = self.context.request.get(f"{self.backend.base_url}/api/notifications/channels")
        channels: list[dict[str, Any]] = reply.json()["channels"]
        return channels
