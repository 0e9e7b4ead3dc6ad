"""Pages of a real browser, in the sizes and schemes that tests look at, and what tests do with
them."""

import re
from itertools import product
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import (
    APIResponse,
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    Route,
    ViewportSize,
    expect,
)

from tests.support.backend import Backend
from tests.support.waiting import wait_for

TIMEOUT = 120_000  # milliseconds: much more than a page that is right needs on a busy machine
expect.set_options(timeout=TIMEOUT)
DESK = ViewportSize(width=1280, height=860)
PHONE = ViewportSize(width=390, height=844)
Size = Literal["desk", "laptop", "phone"]
SIZES: dict[Size, ViewportSize] = {
    "desk": ViewportSize(width=1280, height=800),
    "laptop": ViewportSize(width=1366, height=650),
    "phone": PHONE,
}
Scheme = Literal["light", "dark"]
SCHEMES: tuple[Scheme, ...] = ("light", "dark")
FAST_LOOKS = {("desk", "light"), ("phone", "dark")}
# The fast tests look at a page in two of six looks: a scheme is colours, and a size is widths.
in_each_look = pytest.mark.parametrize(
    ("size", "scheme"),
    [
        pytest.param(*look, id="-".join(look), marks=() if look in FAST_LOOKS else pytest.mark.slow)
        for look in product(SIZES, SCHEMES)
    ],
)
PHONE_AGENT = (
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/156.0.0.0 Mobile Safari/537.36"
)
AXE = Path("tests/function_app/web/page/node_modules/axe-core/axe.min.js")
VIOLATION = "Blocked by the policy: "
REPORT_VIOLATIONS = f"""document.addEventListener("securitypolicyviolation", event =>
    console.error("{VIOLATION}" + event.violatedDirective + " " + event.blockedURI));"""
WINDOWS = [
    (320, 568),
    (390, 844),
    (844, 390),
    (768, 1024),
    (1024, 600),
    (1024, 768),
    (1280, 720),
    (1366, 657),
    (1920, 969),
    (2560, 1080),
]
ZONE = """matchMedia("(scripting: enabled)").matches
    && Intl.DateTimeFormat().resolvedOptions().timeZone"""
IS_IN_FRONT = """element => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return element.contains(document.elementFromPoint(x + width / 2, y + height / 2));
}"""
SETTLED = """async () => {
    for (let i = 0; i < 20; i += 1) await new Promise(requestAnimationFrame);
}"""
# Where a picture is drawn: its place may have other proportions.
CONTENT = """picture => {
    const place = picture.getBoundingClientRect();
    const {objectFit, objectPosition} = getComputedStyle(picture);
    if (objectFit !== "contain") return place;
    const {naturalWidth, naturalHeight} = picture;
    const scale = Math.min(place.width / naturalWidth, place.height / naturalHeight);
    const [width, height] = [naturalWidth * scale, naturalHeight * scale];
    const [across, down] = objectPosition.split(" ").map(one => parseFloat(one) / 100);
    const left = place.left + across * (place.width - width);
    return new DOMRect(left, place.top + down * (place.height - height), width, height);
}"""
WAIT_FOR_END = """video => new Promise((done, failed) => {
    video.onended = () => done(video.currentTime);
    video.onerror = () => failed(video.error.message);
    video.muted = true;
    video.playbackRate = 8;
    video.currentTime = 6;
    video.play();
})"""


class Pages:
    """Makes pages that complain of whatever the browser blocks or misses: `complaints` must be
    empty in the end."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self.complaints: list[str] = []

    def new(self, size: Size = "desk", **options: Any) -> Page:
        """Return a page of its own, in the dark and in British English; `options` are those of
        Playwright's contexts."""
        defaults: dict[str, Any] = {"locale": "en-GB", "timezone_id": "UTC"}
        defaults["color_scheme"] = "dark"
        if size == "phone":
            defaults |= {"has_touch": True, "user_agent": PHONE_AGENT}
        options = {"viewport": SIZES[size], **defaults, **options}
        context = self._browser.new_context(**options)
        self._contexts.append(context)
        context.set_default_timeout(TIMEOUT)
        context.add_init_script(REPORT_VIOLATIONS)
        page = context.new_page()
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._on_message)
        return page

    def signed_in(self, backend: Backend, path: str, size: Size = "desk", **options: Any) -> Page:
        """Return a page of its own that shows a path, with a session of the owner."""
        page = self.new(size, **options)
        open_session(page, backend, "owner", backend.password)
        page.goto(backend.base_url + path)
        return page

    def close(self) -> None:
        """Close all pages. A request that a test's handler still fetches may fail by that."""
        for context in self._contexts:
            for page in context.pages:
                page.unroute_all(behavior="ignoreErrors")
            context.close()

    def _on_message(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not is_expected(message):
            self.complaints.append(message.text)


def check_axe(page: Page) -> None:
    """Assert that axe-core has no serious or critical finding about the page as it is now."""
    serious = axe_findings(page)
    assert serious == [], "\n".join(serious)


def axe_findings(page: Page) -> list[str]:
    """Return the serious and critical findings of axe-core about the page as it is now."""
    assert AXE.exists(), f"run `make {AXE.parents[1]}/.done`"
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {one['help']}: {node['html']} {node.get('failureSummary', '')}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def is_expected(message: ConsoleMessage) -> bool:
    """Refused to who is not signed in, or since the name is taken, or too much is open; or the
    thumbnail of a photo that carries no preview, or that cannot be made at this moment; or a camera
    that is not known, or a photo that is not uploaded yet; or a form that is rejected, or
    statistics while the tables fail. What the policy blocks never is."""
    if message.text.startswith(VIOLATION):
        return False
    if "/settings/" in message.location["url"] and "400" in message.text:  # a form's problems
        return True
    url = message.location["url"]
    none_yet = url.endswith("/thumbnail") and re.search("404|503", message.text)
    is_missing = re.search(r"/(nonesuch(/look)?|photos/[^/]+)$", url) and "404" in message.text
    is_failing = url.endswith("/statistics") and "503" in message.text
    is_form = re.search(r"/(devices|notifications)/[^?]+$", url) and re.search(
        "400|404", message.text
    )
    is_refused = re.search("401|403|409|429", message.text)
    return bool(is_refused or none_yet or is_missing or is_failing or is_form)


def open_session(page: Page, backend: Backend, name: str, password: str) -> None:
    """Sign in without a page: the browser gets the cookie."""
    open_session_at(page, backend.base_url, name, password)


def open_session_at(page: Page, site: str, name: str, password: str) -> None:
    """Sign in at a backend of which the address is known. The browser has told its time zone, as
    after any page: a day that is made without it is loaded a second time, in the midst of what a
    test does."""
    if zone := page.evaluate(ZONE):
        page.context.add_cookies([{"name": "zone", "value": zone, "url": site}])
    reply = page.context.request.post(
        f"{site}/api/session",
        data={"name": name, "password": password},
        headers={"Origin": site},
    )
    assert reply.ok, reply.text()


def follow(link: Locator, key: str = "") -> None:
    """Click what leads to another page, or press a key on it, and wait until that page is loaded:
    what is pressed before its scripts have run is lost. A click alone waits for none of them."""
    link.page.wait_for_load_state()
    with link.page.expect_event("load"):
        if key:
            link.press(key)
        else:
            link.click()


class Held:
    """The first response to a request of this method and pattern: as it was when it was asked for,
    and not delivered before `release`."""

    def __init__(self, page: Page, pattern: str, method: str = "GET") -> None:
        self._page = page
        self._pattern = pattern
        self._method = method
        self._held: tuple[Route, APIResponse] | None = None
        page.route(pattern, self._hold)

    def _hold(self, route: Route) -> None:
        if self._held or route.request.method != self._method:
            route.fallback()
            return
        self._held = route, route.fetch()

    def wait(self) -> None:
        """Wait until the response is there."""
        # Each evaluation handles what the browser has reported meanwhile.
        wait_for(lambda: self._page.evaluate("1") and self._held, what=f"a held {self._pattern}")

    def release(self) -> None:
        """Deliver it, and let the page show what it makes of it."""
        assert self._held
        route, response = self._held
        route.fulfill(response=response)
        self._page.unroute(self._pattern, self._hold)
        self._page.evaluate(SETTLED)


def expect_seen(message: Locator) -> None:
    """What went wrong is in the window, and nothing is in front of it."""
    expect(message).to_be_in_viewport(ratio=1)
    assert message.evaluate(IS_IN_FRONT)


def loaded_width(page: Page, selector: str) -> int:
    """The width in pixels of the picture itself, once the browser has it."""
    picture = page.locator(selector).first
    expect(picture).to_be_visible()
    return width_when_loaded(picture)


def width_when_loaded(picture: Locator) -> int:
    """The same of one picture. On a busy machine the gallery may have to ask for it again."""
    picture.evaluate("picture => { picture.loading = 'eager' }")
    width: int = wait_for(
        lambda: picture.evaluate("picture => picture.complete && picture.naturalWidth"),
        what="the picture",
    )
    return width


def add_authenticator(page: Page) -> None:
    """Have the browser use an authenticator in software, of which a person has just given the
    fingerprint."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True}
    options |= {"hasUserVerification": True, "isUserVerified": True}
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def address(backend: Backend, path: str) -> str:
    """Return an address with a host name: passkeys need one."""
    return backend.base_url.replace("127.0.0.1", "localhost") + path
