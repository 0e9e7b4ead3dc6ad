"""Sentences of the API and of devices in the language of a page."""

import ast
import re
import string
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from function_app.localization import sentences
from function_app.localization.sentences import translate
from function_app.localization.translation import LANGUAGES, Language, load_strings
from function_app.notifications.rule_json import RULE_CHANGE
from pi_uploader.messages import counted

# Where the sentences are written that a page may show, and what is none of them.
SOURCES = (
    "function_app/notify/senders/addresses.py",
    "function_app/notify/senders/hosts.py",
    "function_app/notify/senders/process.py",
    "function_app/notify/senders/send_process/replies.py",
    "function_app/notify/senders/sender.py",
    "function_app/notify/trial_limit.py",
    "function_app/notify/channels.py",
    "function_app/notifications/channels.py",
    "function_app/notifications/messages.py",
    "function_app/devices/command_api.py",
    "function_app/devices/command_history.py",
    "function_app/devices/live.py",
    "function_app/devices/keys.py",
    "pi_uploader/capture/requests.py",
    "pi_uploader/agent/execution.py",
    "pi_uploader/agent/command_runner.py",
    # reasons of alerts
    "function_app/auth/unknown_device.py",
    "function_app/devices/silence_alerts.py",
    "pi_uploader/alerts/disk_monitor.py",
    "pi_uploader/alerts/missing_photo_monitor.py",
    "pi_uploader/alerts/spool_usage_monitor.py",
    # why a camera fails, and why motion is not seen in its picture
    "pi_uploader/capture/motion_watch.py",
    "pi_uploader/cameras/feed.py",
    "pi_uploader/cameras/ffmpeg.py",
    "pi_uploader/cameras/live_stream.py",
    "pi_uploader/cameras/receivers.py",
    "pi_uploader/cameras/replay.py",
    "pi_uploader/cameras/picamera/camera.py",
    "pi_uploader/cameras/picamera/faults.py",
    "pi_uploader/cameras/picamera/library.py",
    "pi_uploader/cameras/picamera/recorder.py",
    "pi_uploader/cameras/picamera/session.py",
    "pi_uploader/cameras/rtsp/connection.py",
    "pi_uploader/cameras/rtsp/relay.py",
    "pi_uploader/cameras/rtsp/session.py",
    "pi_uploader/cameras/simulated/clip.py",
    "pi_uploader/capture/photo_taker.py",
    "pi_uploader/capture/previews.py",
    # why no model looks at photos
    "pi_uploader/capture/labels.py",
    "pi_uploader/detect/class_names.py",
    "pi_uploader/detect/detector.py",
    "pi_uploader/detect/litert.py",
    "pi_uploader/detect/model.py",
    "pi_uploader/detect/onnx_runtime.py",
    "pi_uploader/detect/outputs.py",
    "pi_uploader/detect/picture.py",
    "pi_uploader/detect/report.py",
    "pi_uploader/detect/runtime.py",
    # the diagnosis (pi-uploader doctor --no-hardware)
    "pi_uploader/client/backend.py",
    "pi_uploader/client/errors.py",
    "pi_uploader/doctor/detection.py",
    "pi_uploader/doctor/system.py",
    "pi_uploader/identity/identity.py",
    "pi_uploader/identity/key_file.py",
    "pi_uploader/messages.py",
    "pi_uploader/settings/capture.py",
    "pi_uploader/settings/setting.py",
    "pi_uploader/settings/system_zone.py",
    "pi_uploader/detect/errors.py",
    "pi_uploader/spool/disk.py",
)
NOT_SHOWN = re.compile(
    "import sys.*"  # code
    "| of x"  # part of a target of the audit log
    # actions of the audit log
    "|x the key x of a device|x the device x a camera|asked .*|(paused|resumed) the uploads"
    # what no page can ask for
    "|Ask for the log by .*|tag: .*|x: expected a number .*|x is not a known request|.*the same tag"
    "|disarmed until x"  # part of a log
    # for pi-uploader status
    "|photos get no labels: x|x: looked at x|, x above CAMERA_DETECT_PER_MINUTE"
    # parts of the sentences in test_a_sentence_in_german
    "| after it said that it restarts|; x photos wait|x h x min|x d x h"
    "|without the lines of the process that takes photos: x"  # part of a log
    "|shows x UTC|x and (is trusted|has .*)|, not x|; x x|x, and x inodes|check x; NO_PROXY .*"
    "|; a certificate authority .*"
    "|no error message|apt-get install .*"
    "|x it hangs, for x s now"  # with each x a sentence of its own
    # problems of settings and of several cameras, which are English
    "|CAMERA_SOURCE: .*|xrun apt-get .*|xuse Debian's .*|x: x \\(x\\)|of the Pi's own"
    "|CAMERA_USER .*| \\(--reinstall if .*|there is no camera x, but .*|camera x is on USB, .*"
    # names of forms of a model's outputs, within a sentence
    "|SSD .boxes, .*|(human|airplane|badger) .*"
    "|x: nothing would ever take a photo; .*|a CAMERA_(SENSOR|DEVICE) .*"
)
# The names of what is called with a sentence, or returns one.
SAYS = (
    "HTTPProblemError",
    "refused",
    "expired",
    "_find",
    "SendProcessError",
    "RefusedError",
    "Result",
    "_reply",
    "Alert",
    "CameraError",
    "CameraGoneError",
    "ModelError",
    "count_failure",
    "Finding",
    "of_error",
    "_problem",
    "Diagnosis",
    "SystemZone",
    "UnavailableError",
    "IdentityError",
    "NoKeyError",
)


def sentences_of(source: str) -> Iterator[str]:
    """Yield what a module says: what it returns, assigns, and gives to what says it, if that has
    two spaces at least. An expression in it is "x"."""
    tree = ast.parse(Path(source).read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in SAYS:
            yield from filter(None, map(text_of, node.args))
        elif isinstance(node, ast.Return | ast.Assign | ast.AugAssign) and node.value:
            yield from texts_in(node.value)


def texts_in(value: ast.expr) -> Iterator[str]:
    """Yield the texts of an expression: of a choice both, and of a dictionary its values."""
    if isinstance(value, ast.Dict):
        for one in value.values:
            yield from texts_in(one)
    elif isinstance(value, ast.IfExp):
        yield from texts_in(value.body)
        yield from texts_in(value.orelse)
    elif text := text_of(value):
        yield text


def text_of(node: ast.expr) -> str:
    """Return a text of several words; "" for anything else."""
    if isinstance(node, ast.JoinedStr):
        text = "".join(map(part_of, node.values))
    else:
        text = str(node.value) if isinstance(node, ast.Constant) else ""
    text = "; ".join(part for part in text.split("; ") if part != "x")  # a sentence of its own
    return text if text.count(" ") >= 2 else ""


def part_of(part: ast.expr) -> str:
    """Return what is at a place of a text: of a number with its noun, and of a choice between the
    forms for one and for others, that for others."""
    if isinstance(part, ast.FormattedValue):
        match part.value:
            case ast.Call(
                func=ast.Name(id="counted" | "_counted"), args=[_, ast.Constant(str() as noun)]
            ):
                return counted(2, noun).replace("2", "x")
            case ast.IfExp(orelse=ast.Constant(str() as others)):
                return others
        return "x"
    return str(part.value) if isinstance(part, ast.Constant) else "x"


def name_of(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")


@pytest.mark.parametrize("source", SOURCES)
def test_every_sentence_that_a_page_may_show_is_in_both_languages(source: str) -> None:
    found = [one for one in sentences_of(source) if not NOT_SHOWN.fullmatch(one)]
    assert found
    assert [one for one in found if translate(one, "de") is None] == []


@pytest.mark.parametrize(
    ("sentence", "german"),
    [
        ("The address is empty.", "Die Adresse ist leer."),
        ("There is no camera gate.", "Es gibt keine Kamera gate."),
        (
            'it answered 404 "not here"; check the path in the address',
            'die Antwort war 404 "not here"; prüfen Sie den Pfad in der Adresse',
        ),
        ("tried for 24 h: no connection", "24 h lang versucht: keine Verbindung"),
        ("it failed: anything at all", "fehlgeschlagen: anything at all"),
        ("It failed: anything at all.", "Fehlgeschlagen: anything at all."),
        (
            "/opt/model.onnx: ONNX Runtime cannot load it: Protobuf parsing failed",
            "/opt/model.onnx: ONNX Runtime kann es nicht laden: Protobuf parsing failed",
        ),
        (
            "/opt/model.onnx: it has 300 MB; at most 120 MB fit",
            "/opt/model.onnx: es hat 300 MB; höchstens 120 MB passen",
        ),
        (
            "3 devices are back after up to 1 d 2 h; 5 photos wait: shed, barn and 3 others",
            "3 Geräte sind wieder da, nach bis zu 1 d 2 h; 5 Fotos warten: shed, barn und 3 "
            "weitere",
        ),
        (
            "nobody was told of gate-20261128T180211402Z-0000a1b2 and 2 more: the notification "
            "failed five times; the app's log says why",
            "von gate-20261128T180211402Z-0000a1b2 und 2 weitere hat niemand eine Mitteilung "
            "bekommen: Sie schlug fünfmal fehl; warum, steht im Protokoll der App",
        ),
        (
            "some deliveries are late or lost: the notification failed five times",
            "manche Mitteilungen sind verspätet oder verloren: Sie schlugen fünfmal fehl",
        ),
        (
            "the count of photos has not run since 2026-11-28T18:02:11.000Z: restart the app, and "
            "until it runs again /api/stats shows what was counted then",
            "die Zählung der Fotos ist nicht gelaufen seit 2026-11-28T18:02:11.000Z: Starten Sie "
            "die App neu; bis dahin zeigt /api/stats, was damals gezählt war",
        ),
        (
            "the device's clock is 3 h 2 min behind the server's, so its photos have wrong times; "
            "photos were taken while the clock was not set, 4 so far; their times, 2026-11-28 "
            "18:02:11Z to 2026-11-28 18:04:11Z, are uncertain",
            "die Uhr des Geräts geht gegenüber der des Servers um 3 h 2 min nach, und seine Fotos "
            "haben falsche Zeiten; Fotos wurden aufgenommen, während die Uhr nicht gestellt war, "
            "bisher 4; ihre Zeiten, 2026-11-28 18:02:11Z bis 2026-11-28 18:04:11Z, sind unsicher",
        ),
        (
            "a channel of vera (webhook) was not told: gate: Bewegung (it answered 500; look at "
            "the receiver's log)",
            "ein Ort für Mitteilungen von vera (webhook) hat nicht bekommen: gate: Bewegung (die "
            "Antwort war 500; sehen Sie ins Protokoll des Empfängers)",
        ),
        (
            "a channel of vera (webhook) was not told: gate: motion (clip) (it answered 500; look "
            "at the",
            "ein Ort für Mitteilungen von vera (webhook) hat nicht bekommen: gate: motion (clip) "
            "(it answered 500; look at the",
        ),
        (
            "/opt/m.onnx: its scores go from -3 to 80; must be from 0 to 1",
            "/opt/m.onnx: seine Werte gehen von -3 bis 80; erlaubt ist 0 bis 1",
        ),
        (
            "a photo was not looked at: its scores are infinite or not numbers (NaN)",
            "ein Foto wurde nicht angesehen: seine Werte sind unendlich oder keine Zahlen (NaN)",
        ),
        (
            "its model does not answer; its process was started again 1 time",
            "das Modell antwortet nicht; der Prozess wurde 1-mal neu gestartet",
        ),
        (
            "/opt/m.onnx was loaded; the service says: its model does not answer; its process was "
            "started again 12 times, since 2026-11-28T18:02:11.000Z",
            "/opt/m.onnx wurde geladen; der Dienst sagt: das Modell antwortet nicht; der Prozess "
            "wurde 12-mal neu gestartet, seit 2026-11-28T18:02:11.000Z",
        ),
        (
            "CAMERA_DETECT: gate needs onnxruntime and Pillow, which are not installed",
            "CAMERA_DETECT: gate braucht onnxruntime and Pillow, die nicht installiert sind",
        ),
        (
            "run pip install '.[motion]' in Nightjar's folder (on a Pi sudo apt install "
            "python3-numpy), or set it to off",
            "führen Sie pip install '.[motion]' in Nightjars Ordner aus (auf einem Pi sudo apt "
            "install python3-numpy), oder setzen Sie es auf off",
        ),
        ("packages", "Pakete"),
        ("backend", "App"),
        ("camera gate", "Kamera gate"),
        (
            "shows 2026-11-28 18:02 UTC and has not been set since the boot; photos wait up to 15 "
            "minutes for the network to set it, and are sent then",
            "zeigt 2026-11-28 18:02 UTC und ist seit dem Start nicht gestellt; Fotos warten bis zu "
            "15 Minuten, dass das Netz sie stellt, und werden dann gesendet",
        ),
        (
            "shows 2026-11-28 18:02 UTC and is trusted",
            "zeigt 2026-11-28 18:02 UTC und gilt als richtig",
        ),
        (
            "shows 2026-11-28 18:02 UTC and has been set by the network",
            "zeigt 2026-11-28 18:02 UTC und ist vom Netz gestellt",
        ),
        (
            "the time zone is Europe/Berlin (/etc/localtime); it is 18:02 there",
            "die Zeitzone ist Europe/Berlin (/etc/localtime); dort ist es 18:02",
        ),
        (
            "/var/lib/spool can be written; 1,200 MB are free, and 1,000 inodes",
            "in /var/lib/spool lässt sich schreiben; 1,200 MB und 1,000 Inodes sind frei",
        ),
        (
            "the backend could not be reached (cam.example, port 443: connection refused)",
            "Nightjar ist nicht erreichbar (cam.example, port 443: Verbindung abgelehnt)",
        ),
        (
            "the backend failed certificate verification (cam.example, port 443: self-signed); a "
            "certificate authority of your own goes into the system's store "
            "(update-ca-certificates), or its file's name into REQUESTS_CA_BUNDLE",
            "Nightjar hat ein Zertifikat, das nicht gilt (cam.example, port 443: self-signed); "
            "eine eigene Zertifizierungsstelle kommt in den Speicher des Systems "
            "(update-ca-certificates), oder der Name ihrer Datei in REQUESTS_CA_BUNDLE",
        ),
        (
            "check HTTPS_PROXY, HTTP_PROXY or ALL_PROXY; NO_PROXY names exceptions",
            "prüfen Sie HTTPS_PROXY, HTTP_PROXY oder ALL_PROXY; NO_PROXY nennt Ausnahmen",
        ),
        (  # as devices of earlier versions said
            "1 folders of the device's spool cannot be read, such as photos (Permission denied)",
            "1 Ordner mit wartenden Fotos ist auf dem Gerät nicht lesbar, und zwar photos "
            "(Permission denied)",
        ),
        ("another program", "ein anderes Programm"),  # as the lists of sessions say
        ("nobody ever wrote this", None),
        ("", None),
    ],
)
def test_a_sentence_in_german(sentence: str, german: str | None) -> None:
    assert translate(sentence, "de") == german
    assert translate(sentence, "en") == sentence


@pytest.mark.parametrize(
    ("sentence", "english", "german"),
    [
        (
            "zone: must be a time zone such as Europe/Berlin, not 'Mars'.",
            "Time zone: must be a time zone such as Europe/Berlin, not 'Mars'.",
            "Zeitzone: 'Mars' gibt es nicht; wählen Sie eine wie Europe/Berlin.",
        ),
        (
            "interval_minutes: must be a whole number from 0 to 1440.",
            "Minutes between two messages: must be a whole number from 0 to 1440.",
            "Minuten zwischen zwei Mitteilungen: das muss eine ganze Zahl von 0 bis 1440 sein.",
        ),
        ("name: nobody ever wrote this", "Name: nobody ever wrote this", None),
    ],
)
def test_a_field_is_called_as_its_form_calls_it(
    sentence: str, english: str, german: str | None
) -> None:
    assert translate(sentence, "en") == english
    assert translate(sentence, "de") == german


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_field_of_a_rule_has_a_label(language: Language) -> None:
    """Those that are ticked, or come from elsewhere, cannot be wrong."""
    fields = set(RULE_CHANGE.schema["properties"]) - {
        "is_on",
        "quiet_alerts",
        "snoozed_until",
        "snoozed_cameras",
    }
    assert {f"field.{one}" for one in fields} <= load_strings(language).keys()


@given(st.data())
def test_each_text_stands_for_its_sentence(data: st.DataObject) -> None:
    """Whatever is in its placeholders, all of that is in the German sentence."""
    texts = {one: text for one, text in load_strings("en").items() if one.startswith("sentence.")}
    key = data.draw(st.sampled_from(sorted(texts)))
    names = [name for _, name, _, _ in string.Formatter().parse(texts[key]) if name]
    word = st.text(string.ascii_letters + string.digits, min_size=1, max_size=20)
    values = {name: data.draw(word) for name in names}
    german = translate(texts[key].format_map(values), "de")
    assert german is not None
    assert all(value in german for value in values.values())


@given(st.text(max_size=700) | st.text(".;: aA", max_size=20).map(lambda text: text * 30))
@example(".")
@example("." * 600)
@example("it failed: " * 54)
@example("it failed: ." + ";" * 588)
@example("zone: " * 10_000)
def test_no_text_of_a_device_is_an_error(text: str) -> None:
    translate(text, "de")
    translate(text, "en")


def test_a_nested_sentence_takes_as_many_steps_as_it_has_levels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Not as many as their square: a page of alerts has fifty texts of devices."""
    steps, patterns = 0, sentences._patterns

    def counted() -> Mapping[str, re.Pattern[str]]:
        nonlocal steps
        steps += 1
        return patterns()

    monkeypatch.setattr(sentences, "_patterns", counted)
    levels = 50
    translated = translate("it failed: " * levels + "x; y", "de")
    assert translated is not None
    assert levels <= steps <= 3 * levels
