"""Events, thumbnails, counts, shared links, and photos that are posted, over HTTP on Azurite."""

import io
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from function_app.browse.events import events
from function_app.media.decode_thumbnail import SIZE
from function_app.media.thumbnails import MAX_BUFFERED_PIXELS
from function_app.services import connect
from function_app.settings import Settings
from function_app.storage.models import Photo
from function_app.web.sharing import MAX_PHOTOS
from photo_wire.media import Media
from photo_wire.moment import format_time
from photo_wire.name import PhotoName, new_name
from tests.function_app.api import MOMENT, Api, name_of, photo_headers
from tests.function_app.decoding import thumbnail, thumbnail_here
from tests.support.pictures import dng, jpeg, mp4

PICTURE = jpeg(640, 480, seed=5)


@pytest.fixture
def admin(api: Api) -> dict[str, str]:
    return {"Authorization": f"Bearer {api.backend.admin_token}"}


def put(api: Api, name: PhotoName, content: bytes = PICTURE, kind: str = "image/jpeg") -> PhotoName:
    headers = {**photo_headers(name), "Content-Type": kind}
    assert api.put(content, headers).status_code == 201
    return name


def new_token(api: Api, admin: dict[str, str], name: str, **said: Any) -> dict[str, str]:
    reply = api.ask("/api/tokens", admin, "POST", json={"name": name, **said})
    assert reply.status_code == 201, reply.text
    return {"Authorization": f"Bearer {reply.json()['token']}"}


class TestEvents:
    def test_photos_close_together_are_one_event(self, api: Api, camera: str) -> None:
        """With its beginning, its end and its first photo; the newest event first."""
        seconds = [0, 30, 60, 500, 1000, 1059]
        names = [put(api, name_of(camera, MOMENT + timedelta(seconds=n))) for n in seconds]
        found = api.read(f"/api/events?camera={camera}").json()
        assert found["next_cursor"] is None
        assert [one["photos"] for one in found["events"]] == [
            [str(names[4]), str(names[5])],
            [str(names[3])],
            [str(name) for name in names[:3]],
        ]
        last = found["events"][-1]
        assert (last["count"], last["cover"], last["is_whole"]) == (3, str(names[0]), True)
        assert (last["start"], last["end"]) == (
            "2026-11-20T12:01:34.567Z",
            "2026-11-20T12:02:34.567Z",
        )
        merged = api.read(f"/api/events?camera={camera}&gap=600").json()["events"]
        assert [one["count"] for one in merged] == [6]

    @pytest.mark.parametrize(
        "query", ["", "camera=gate&gap=0", "camera=gate&order=oldest", "gap=5"]
    )
    def test_a_malformed_query_gets_a_sentence(self, api: Api, query: str) -> None:
        assert api.read(f"/api/events?{query}").status_code == 400

    def test_an_event_that_a_page_cuts_is_said_to_be_cut_on_both(
        self, api: Api, camera: str
    ) -> None:
        """Nobody takes the rest of it for an event of its own."""
        for n in range(5):
            put(api, name_of(camera, MOMENT + timedelta(seconds=n)))
        query = f"/api/events?camera={camera}&limit=2"
        cuts, cursor = [], ""
        for _ in range(3):
            page = api.read(query + cursor).json()
            cuts += [(one["count"], one["is_whole"]) for one in page["events"]]
            cursor = f"&cursor={page['next_cursor']}"
        assert (cuts, page["next_cursor"]) == ([(2, False), (2, False), (1, False)], None)

    @given(st.sets(st.integers(0, 500), max_size=40), st.integers(1, 60), st.integers(1, 12))
    def test_walking_all_pages_shows_every_photo_once(
        self, seconds: set[int], gap: int, limit: int
    ) -> None:
        """In events that no pause divides and that every pause ends, unless one is larger than a
        page, and then that is said."""
        left = [
            Photo(name_of("gate", MOMENT + timedelta(seconds=n)), Media.JPEG, "", 1, MOMENT)
            for n in sorted(seconds, reverse=True)
        ]
        expected, seen = list(left), list[Photo]()
        far = timedelta(seconds=gap)
        whole = events(left, far)
        while left:
            after = seen[-1].name if seen else None
            shown = events(left[:limit], far, after, left[limit].name if left[limit:] else None)
            for event in shown:
                times = [photo.name.captured_at for photo in event.photos]
                pauses = [later - earlier for later, earlier in pairwise(times)]
                assert all(pause <= far for pause in pauses)
                assert event.is_whole is (event.photos in [one.photos for one in whole])
                seen += event.photos
            left = left[sum(len(event.photos) for event in shown) :]
        assert seen == expected


class TestThumbnails:
    def test_a_small_picture_is_made_once_and_kept(self, api: Api, camera: str) -> None:
        """By many at the same moment, too; a browser that has it is told so."""
        name = put(api, name_of(camera), jpeg(1600, 1200))
        with ThreadPoolExecutor(8) as pool:
            replies = list(pool.map(lambda _: api.thumbnail(name), range(8)))
        assert {reply.status_code for reply in replies} == {200}
        assert len({reply.content for reply in replies}) == 1
        assert Image.open(io.BytesIO(replies[0].content)).size == (480, 360)
        assert "private" in replies[0].headers["Cache-Control"]
        etag = {"If-None-Match": replies[0].headers["ETag"]}
        again = api.thumbnail(name, etag)
        assert (again.status_code, again.content) == (304, b"")

    def test_a_clip_without_a_poster_has_none(self, api: Api, camera: str) -> None:
        """404 with a sentence, however often it is asked for."""
        name = put(api, name_of(camera), mp4(), "video/mp4")
        for _ in range(2):
            reply = api.thumbnail(name)
            assert (reply.status_code, "no preview" in reply.text) == (404, True)

    def test_a_clip_shows_its_poster(self, api: Api, camera: str) -> None:
        """Scaled down like any picture; wherever in the file its description stands."""
        clip = mp4(cover=jpeg(960, 540))
        name = put(api, name_of(camera), clip, "video/mp4")
        small = Image.open(io.BytesIO(api.thumbnail(name).content))
        assert (small.format, small.size) == ("JPEG", (480, 270))

    def test_a_raw_picture_shows_its_preview(self) -> None:
        small = Image.open(io.BytesIO(thumbnail(io.BytesIO(dng(3)), Media.DNG)))
        assert (small.format, small.size) == ("JPEG", (8, 6))

    def test_a_picture_is_turned_upright(self) -> None:
        """EXIF says that the camera lay on its side."""
        file, exif = io.BytesIO(), Image.Exif()
        exif[0x0112] = 6
        Image.new("RGB", (800, 400)).save(file, "JPEG", exif=exif)
        small = Image.open(io.BytesIO(thumbnail(file, Media.JPEG)))
        assert small.size == (240, SIZE[1])

    def test_a_bomb_is_not_unfolded(self) -> None:
        """A few bytes that would be gigabytes: their number of pixels is looked at first."""
        file = io.BytesIO()
        Image.new("L", (9000, 9000)).save(file, "JPEG", progressive=True)
        assert MAX_BUFFERED_PIXELS < 9000 * 9000
        assert thumbnail(file, Media.JPEG) == b""

    @given(st.integers(0, len(PICTURE)), st.binary(max_size=40))
    def test_what_is_damaged_gives_none_or_some(self, at: int, noise: bytes) -> None:
        """Never an error."""
        damaged = PICTURE[:at] + noise + PICTURE[at + len(noise) :]
        assert isinstance(thumbnail_here(damaged, Media.JPEG), bytes)
        assert thumbnail_here(damaged, Media.DNG) == b""


class TestCounts:
    def test_a_camera_is_known_by_its_photos(self, api: Api, camera: str) -> None:
        """How many, how large, since when, and which was the last."""
        names = [put(api, name_of(camera, MOMENT + timedelta(days=n))) for n in range(2)]
        names.append(name_of(camera, MOMENT + timedelta(days=2)))
        said = {**photo_headers(names[2]), "Content-Type": "image/jpeg", "X-Waiting": "41"}
        assert api.put(PICTURE, said).status_code == 201
        (found,) = [
            one for one in api.read("/api/cameras").json()["cameras"] if one["camera"] == camera
        ]
        assert (found["photos"], found["bytes"]) == (3, 3 * len(PICTURE))
        assert (found["first_day"], found["last_photo"]) == ("2026-11-20", str(names[2]))
        assert found["waiting"] == 41
        assert api.read(f"/api/stats?camera={camera}").json()["waiting"] == 41
        said = {**photo_headers(name_of(camera)), "X-Waiting": "many"}
        assert api.put(PICTURE, said).status_code == 400

    def test_days_are_counted_for_a_calendar(self, api: Api, camera: str) -> None:
        """Those with photos, within the days that are asked for."""
        for hours in (0, 1, 24, 72):
            put(api, name_of(camera, MOMENT + timedelta(hours=hours)))
        days = api.read(f"/api/days?camera={camera}").json()["days"]
        assert days == [
            {"day": "2026-11-20", "photos": 2},
            {"day": "2026-11-21", "photos": 1},
            {"day": "2026-11-23", "photos": 1},
        ]
        some = api.read(f"/api/days?camera={camera}&from=2026-11-21&to=2026-11-22").json()["days"]
        assert some == days[1:2]

    def test_statistics_count_losses_too(self, api: Api, camera: str) -> None:
        """By camera and day; a photo that was lost is not among those that are stored."""
        now = datetime.now(UTC)
        put(api, name_of(camera, now))
        lost = new_name(camera, now - timedelta(minutes=1))
        alert = {"id": str(lost), "kind": "loss", "reason": "no-room", "details": {}}
        key = {"x-functions-key": api.backend.function_key}
        api.ask("/api/alerts", key, "POST", json={"alerts": [alert]})
        found = api.read(f"/api/stats?camera={camera}&days=2").json()
        assert (found["photos"], found["bytes"], found["losses"]) == (1, len(PICTURE), 1)
        days = found["cameras"][0]["days"]
        assert sum(day["losses"] for day in days) == sum(day["photos"] for day in days) == 1
        status = api.read("/api/status").json()
        assert status["losses_since_yesterday"] >= 1
        assert status["retention_days"] == 120

    def test_cameras_are_named_without_counting(self, api: Api, camera: str) -> None:
        """For who wants to choose one; counted they are the same ones."""
        put(api, name_of(camera))
        named, counted = (
            {one["camera"]: one for one in api.read(f"/api/cameras{query}").json()["cameras"]}
            for query in ("?counts=none", "")
        )
        assert named.keys() == counted.keys()
        assert named[camera] == {
            **counted[camera],
            "first_day": None,
            "last_photo": None,
            "photos": None,
            "bytes": None,
        }
        assert api.read("/api/cameras?counts=all").status_code == 400

    @pytest.mark.slow
    def test_alerts_are_sieved_by_kind_and_camera(self, api: Api, camera: str) -> None:
        """Page by page, each of them once."""
        kinds = ["loss", "clock", "loss", "spool", "loss"]
        ids = [str(name_of(camera, tag=f"{n:08x}")) for n in range(len(kinds))]
        said = [
            {"id": one, "kind": kind, "reason": "x", "details": {}}
            for one, kind in zip(ids, kinds, strict=True)
        ]
        key = {"x-functions-key": api.backend.function_key}
        api.ask("/api/alerts", key, "POST", json={"alerts": said})
        seen: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            query = f"camera={camera}&kind=loss&limit=1" + (f"&cursor={cursor}" if cursor else "")
            page = api.read(f"/api/alerts?{query}").json()
            seen += [one["id"] for one in page["alerts"]]
            cursor = page["next_cursor"]
        assert sorted(seen) == [ids[0], ids[2], ids[4]]

    @pytest.mark.parametrize(
        "path",
        ["stats?days=0", "stats?days=many", "days?from=today", "status?x=1", "alerts?kind=A b"],
    )
    def test_a_malformed_query_gets_a_sentence(self, api: Api, path: str) -> None:
        assert api.read(f"/api/{path}").status_code == 400

    @pytest.mark.parametrize(
        ("path", "first", "last"),
        [
            ("photos?", "2026-11-21T00:00:00Z", "2026-11-20T23:59:59Z"),
            ("events?camera=gate&", "2026-11-21T00:00:00Z", "2026-11-20T00:00:00Z"),
            ("days?", "2026-11-21", "2026-11-20"),
        ],
    )
    def test_reversed_dates_are_told(self, api: Api, path: str, first: str, last: str) -> None:
        """Not answered with an empty list, as if there were no photos; one moment twice is."""
        reply = api.read(f"/api/{path}from={first}&to={last}")
        assert reply.status_code == 400
        assert reply.json()["detail"] == "to: is before 'from', so nothing lies between them."
        assert api.read(f"/api/{path}from={first}&to={first}").status_code == 200


class TestSharing:
    def test_a_link_opens_one_photo_to_whoever_has_it(
        self, api: Api, admin: dict[str, str], camera: str
    ) -> None:
        """The page, the list and the bytes, until it is revoked; and no other photo."""
        name, other = put(api, name_of(camera)), put(api, name_of(camera, tag="00000000"))
        made = api.ask("/api/shares", admin, "POST", json={"photo": str(name), "hours": 1})
        assert made.status_code == 201
        secret = made.json()["url"].rpartition("/")[2]
        page = api.ask(f"/shared/{secret}")
        assert (page.status_code, page.headers["Content-Type"][:9]) == (200, "text/html")
        (url,) = re.findall(r'<img src="([^"]+)"', page.text)
        assert api.ask(url).content == PICTURE
        head = api.ask(f"/shared/{secret}", method="HEAD")  # a messenger's look: not on record
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == str(len(page.content))
        assert api.ask(f"/shared/{'A' * 32}", method="HEAD").status_code == 404
        for headers in (
            {},
            {"Range": "bytes=0-9"},
            {"If-None-Match": api.ask(url).headers["ETag"]},
        ):
            assert api.ask(url, headers).headers["Cache-Control"] == "no-store"
        listed = api.ask(f"/api/shared/{secret}").json()["photos"]
        assert [one["id"] for one in listed] == [str(name)]
        assert api.ask(f"/api/shared/{secret}/{other}/content").status_code == 404
        log = api.ask("/api/accesses?limit=200", admin).json()["accesses"]
        assert [one["what"] for one in log if str(name) in (one["which"] or "")][:7] == [
            "opened",
            *["saw"] * 4,  # and one look that found it unchanged
            "opened",
            "shared",
        ]
        (share,) = [
            one
            for one in api.ask("/api/shares", admin).json()["shares"]
            if one["photo"] == str(name)
        ]
        assert secret not in str(share)
        assert api.ask(f"/api/shares/{share['key']}", admin, "DELETE").status_code == 204
        for path in (f"/shared/{secret}", f"/api/shared/{secret}", url):
            assert api.ask(path).status_code == 404

    def test_a_link_opens_an_event(self, api: Api, admin: dict[str, str], camera: str) -> None:
        """The photos of its camera from its first moment to its last."""
        names = [put(api, name_of(camera, MOMENT + timedelta(seconds=n))) for n in range(5)]
        put(api, name_of(f"{camera}-2", MOMENT + timedelta(seconds=2)))
        said = {
            "camera": camera,
            "from": "2026-11-20T12:01:35.567Z",
            "to": "2026-11-20T12:01:37.567Z",
        }
        made = api.ask("/api/shares", admin, "POST", json=said)
        secret = made.json()["url"].rpartition("/")[2]
        opened = api.ask(f"/api/shared/{secret}").json()
        assert [one["id"] for one in opened["photos"]] == [str(name) for name in names[1:4]]
        assert opened["more"] is False

    def test_a_link_to_more_photos_than_it_shows_says_so(
        self, api: Api, admin: dict[str, str], camera: str
    ) -> None:
        """The first 200, on its page and in its list; for just 200 nothing is said."""
        index = connect(Settings(api.backend.connection_string)).index
        for n in range(MAX_PHOTOS + 1):
            name = name_of(camera, MOMENT + timedelta(seconds=n))
            index.add(Photo(name, Media.JPEG, "ab" * 32, 1, MOMENT), MOMENT)
        for last, more in ((MAX_PHOTOS, True), (MAX_PHOTOS - 1, False)):
            to = format_time(MOMENT + timedelta(seconds=last))
            said = {"camera": camera, "from": format_time(MOMENT), "to": to}
            made = api.ask("/api/shares", admin, "POST", json=said)
            secret = made.json()["url"].rpartition("/")[2]
            opened = api.ask(f"/api/shared/{secret}").json()
            assert (len(opened["photos"]), opened["more"]) == (MAX_PHOTOS, more)
            page = api.ask(f"/shared/{secret}").text
            assert page.count("<img") == MAX_PHOTOS
            assert ("These are the first 200." in page) is more

    @pytest.mark.parametrize(
        ("said", "expected"),
        [
            ({}, 400),
            ({"photo": "gate"}, 400),
            ({"photo": "gate-20261120T120134567Z-00000000"}, 404),
            ({"camera": "gate"}, 400),
            ({"camera": "gate", "from": "x", "to": "y"}, 400),
            ({"camera": "gate", "from": "2026-11-20T12:00:00Z", "to": "2026-11-20T11:00:00Z"}, 400),
            ({"photo": "gate-20261120T120134567Z-00000000", "hours": 0}, 400),
            ({"photo": "gate-20261120T120134567Z-00000000", "days": 5}, 400),
        ],
    )
    def test_a_malformed_link_is_told(
        self, api: Api, admin: dict[str, str], said: dict[str, object], expected: int
    ) -> None:
        assert api.ask("/api/shares", admin, "POST", json=said).status_code == expected


class TestLimits:
    @pytest.mark.parametrize(
        ("path", "said"),
        [
            ("tokens", {"name": "x", "scopes": ["read", "admin"]}),
            ("people", {"name": "x", "role": "owner", "password": "a good long password"}),
        ],
    )
    def test_nobody_decides_about_some_cameras(
        self, api: Api, admin: dict[str, str], path: str, said: dict[str, object]
    ) -> None:
        """They could give themselves the others."""
        reply = api.ask(f"/api/{path}", admin, "POST", json={**said, "cameras": ["gate"]})
        assert (reply.status_code, "cameras" in reply.json()["detail"]) == (400, True)

    def test_a_look_at_a_part_is_on_record(
        self, api: Api, admin: dict[str, str], camera: str
    ) -> None:
        """All but the first byte shows the picture just as well."""
        name = put(api, name_of(camera))
        api.read(f"/api/photos/{name}/content", {"Range": "bytes=1-"})
        log = api.ask("/api/accesses?limit=20", admin).json()["accesses"]
        assert [one["what"] for one in log if one["which"] == str(name)] == ["saw"]

    @pytest.mark.parametrize("path", ["tokens", "people"])
    def test_nobody_is_limited_to_more_cameras_than_a_page_can_have(
        self, api: Api, admin: dict[str, str], camera: str, path: str
    ) -> None:
        """A hundred, since a page is a request for each."""
        said = {"scopes": ["read"]} if path == "tokens" else {"password": "a good long password"}
        for count, expected in ((101, 400), (100, 201)):
            more = {"name": camera, "cameras": [f"{camera}-{n}" for n in range(count)]}
            reply = api.ask(f"/api/{path}", admin, "POST", json={**said, **more})
            assert (reply.status_code, "cameras" in reply.text) == (expected, True)

    def test_alerts_of_other_cameras_do_not_show_in_a_page(
        self, api: Api, admin: dict[str, str], camera: str
    ) -> None:
        """One's own is on the first, and there is no second."""
        at = [MOMENT + timedelta(days=3000, seconds=n) for n in range(70)]  # before all others
        mine, others = [name_of(camera, at[0])], [name_of(f"{camera}-2", one) for one in at]
        told = [{"id": str(one), "kind": "loss", "reason": "x"} for one in [*mine, *others]]
        key = {"x-functions-key": api.backend.function_key}
        assert api.ask("/api/alerts", key, "POST", json={"alerts": told}).ok
        reader = new_token(api, admin, f"{camera}-r", scopes=["read"], cameras=[camera])
        page = api.ask("/api/alerts?limit=5", reader).json()
        assert [one["id"] for one in page["alerts"]] == [str(mine[0])]
        assert page["next_cursor"] is None


class TestPosted:
    @pytest.fixture
    def phone(self, api: Api, admin: dict[str, str], camera: str) -> dict[str, str]:
        """A token that may bring photos of one camera."""
        return new_token(api, admin, camera, scopes=["upload"], cameras=[camera])

    def test_a_photo_is_posted_as_it_is(self, api: Api, camera: str, phone: dict[str, str]) -> None:
        """Stored once, however often it comes, with the receipt of a device's."""
        headers = {**phone, "Content-Type": "image/jpeg"}
        replies = [api.ask("/api/photos", headers, "POST", data=PICTURE) for _ in range(2)]
        assert [reply.status_code for reply in replies] == [201, 200]
        assert replies[0].json() == replies[1].json()
        assert replies[0].json()["camera"] == camera
        assert [one["id"] for one in api.listed(camera)] == [replies[0].json()["id"]]

    def test_a_photo_is_posted_in_a_form(
        self, api: Api, camera: str, phone: dict[str, str]
    ) -> None:
        """As browsers and network cameras do, with what they say of it."""
        reply = api.ask(
            "/api/photos",
            phone,
            "POST",
            files={"snapshot": ("snap.jpg", PICTURE, "image/jpeg")},
            data={"captured_at": "2026-11-20T12:01:34.567Z", "trigger": "motion"},
        )
        assert reply.status_code == 201, reply.text
        (photo,) = api.listed(camera)
        assert (photo["captured_at"], photo["trigger"]) == ("2026-11-20T12:01:34.567Z", "motion")
        assert api.read(f"/api/photos/{photo['id']}/content").content == PICTURE

    def test_a_token_brings_photos_of_its_camera_alone(
        self, api: Api, phone: dict[str, str]
    ) -> None:
        """Whether the camera is said in a header, in the id or in the form."""
        jpeg_type = {**phone, "Content-Type": "image/jpeg"}
        for headers in ({"X-Camera-Id": "another"}, photo_headers(name_of("another"))):
            reply = api.ask("/api/photos", {**jpeg_type, **headers}, "POST", data=PICTURE)
            assert reply.status_code == 403
        form = {"camera": "another"}
        reply = api.ask("/api/photos", phone, "POST", files={"photo": PICTURE}, data=form)
        assert reply.status_code == 403
        assert api.ask("/api/photos", phone).status_code == 403

    @pytest.mark.parametrize(
        ("kind", "body", "expected"),
        [
            ("image/jpeg", b"", 411),
            ("image/jpeg", b"no picture", 415),
            ("image/jpeg", PICTURE[:500], 422),
            ("multipart/form-data", b"no form", 400),
            ("multipart/form-data; boundary=x", b"--x\r\n\r\n", 400),
            ("multipart/form-data; boundary=x", b"--x--\r\n", 400),
        ],
    )
    def test_anything_else_is_refused(
        self, api: Api, phone: dict[str, str], kind: str, body: bytes, expected: int
    ) -> None:
        """With the same statuses as a device's."""
        reply = api.ask("/api/photos", {**phone, "Content-Type": kind}, "POST", data=body)
        assert reply.status_code == expected

    def test_a_token_that_uploads_is_for_one_camera(self, api: Api, admin: dict[str, str]) -> None:
        for cameras in (None, [], ["gate", "entry"]):
            said = {"name": "phone", "scopes": ["upload"], "cameras": cameras}
            assert api.ask("/api/tokens", admin, "POST", json=said).status_code == 400


def test_people_are_let_in_and_shut_out(api: Api, admin: dict[str, str], camera: str) -> None:
    """A viewer sees the cameras that they were given, and nothing once they are gone."""
    mine, other = put(api, name_of(camera)), put(api, name_of(f"{camera}-2"))
    said = {"name": camera, "password": "a good password", "cameras": [camera]}
    assert api.ask("/api/people", admin, "POST", json=said).status_code == 201
    assert api.ask("/api/people", admin, "POST", json=said).status_code == 409
    viewer = Api(api.backend)
    credentials = {"name": camera, "password": "a good password"}
    from_here = {"X-Forwarded-For": camera}
    assert viewer.ask("/api/session", from_here, "POST", json=credentials).json() == {
        "name": camera,
        "role": "viewer",
        "cameras": [camera],
    }
    assert [one["id"] for one in viewer.ask("/api/photos").json()["photos"]] == [str(mine)]
    api.thumbnail(mine)  # made now, so that nobody is told to come again
    for path in ("", "/content", "/thumbnail"):
        assert viewer.ask(f"/api/photos/{mine}{path}").status_code == 200
        assert viewer.ask(f"/api/photos/{other}{path}").status_code == 404
    names = [one["name"] for one in api.ask("/api/people", admin).json()["people"]]
    assert camera in names
    assert api.ask(f"/api/people/{camera}", admin, "DELETE").status_code == 200
    assert viewer.ask("/api/photos").status_code == 401
    assert api.ask("/api/people/owner", admin, "DELETE").status_code == 409
