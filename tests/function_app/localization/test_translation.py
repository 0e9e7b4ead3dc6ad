"""The texts that people read: in all languages the same keys, each used, and no text elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markupsafe import Markup

from function_app.localization.translation import LANGUAGES, Translation, load_strings

WEB = Path("function_app/web")
TEMPLATES = sorted((WEB / "templates").glob("*.html"))
ENGLISH = load_strings("en")
_FORMS = (".zero", ".one", ".other")
_KEY = r"[a-z_0-9]+(?:\.[a-z_0-9]+)+"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_language_has_all_texts(language: str) -> None:
    """With the same placeholders, in a form for one if there is one for others."""
    strings = load_strings(language)
    assert strings.keys() == ENGLISH.keys()
    for key, text in strings.items():
        assert text.strip() == text != "", key
        placeholders = set(re.findall(r"\{(\w*)\}", text))
        assert placeholders | {"count"} == set(re.findall(r"\{(\w*)\}", ENGLISH[key])) | {"count"}
        assert not re.search(r"[<>]|&\w+;", text), f"{key} has markup"
        base, form = key.rpartition(".")[::2]
        if f".{form}" in _FORMS:
            assert f"{base}.one" in strings
            assert f"{base}.other" in strings


BANNED = {  # in the texts of a language, and what stands there for it
    "en": {"backend": "Nightjar, or the app"},
    "de": {
        "Backend": "Nightjar, oder die App",
        "Besitzer": "Eigentümer",
        "Authentifizierungs-App": "Authenticator-App",
        "Benachrichtigung": "Mitteilung",
        "benachrichtigt": "Mitteilung",
        "aufbewahren": "schützen, of a photo; bleiben",
        "nterschrieben": "signiert",
        "gemacht": "erstellt",
        "Anforderung": "Anfrage",
        "Platte": "Datenträger",
        "Log ": "Protokoll",
    },
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_thing_has_one_word(language: str) -> None:
    """That of the people who look at pages. An English sentence is as devices send it."""
    found = [
        (key, word)
        for key, text in load_strings(language).items()
        for word in BANNED[language]
        if word in text and (language, key.partition(".")[0]) != ("en", "sentence")
    ]
    assert found == []


def test_german_texts_address_people_formally() -> None:
    """No verb that is asked of people as in "Wählen Sie" is so as in "Wähle"."""
    texts = load_strings("de")
    formal = set(re.findall(r"\b([A-ZÄÖÜa-zäöü]\w+)en Sie\b", "\n".join(texts.values())))
    assert len(formal) > 20
    nouns = {"Bitte", "Suche", "Versuche"}
    familiar = {f"{verb.capitalize()}e" for verb in formal} - nouns
    familiar |= {"du", "dein", "deine", "dich", "dir", "Gib", "Lies", "Nimm", "Sieh"}
    texts = {key: text.replace("sudo du ", "") for key, text in texts.items()}  # the command
    found = [key for key, text in texts.items() if familiar & set(re.findall(r"\w+", text))]
    assert found == []


def sources() -> str:
    """Return all that can ask for a text."""
    files = [*TEMPLATES, *Path("function_app").rglob("*.py"), *(WEB / "page").glob("*.js")]
    return "\n".join(file.read_text() for file in files)


def test_each_text_is_used() -> None:
    """By its key, or by a beginning of it to which something is added: `"nav." + name`."""
    source = sources()
    quoted = set(re.findall(rf"""["'`]({_KEY})["'`]""", source))
    beginnings = set(re.findall(r"""["'`]([a-z_]+(?:\.[a-z_0-9]+)*\.)(?:["'`]|%s|\$?\{)""", source))
    unused = []
    for key in ENGLISH:
        base = key
        for form in _FORMS:
            base = base.removesuffix(form)
        if not {key, base} & quoted and not key.startswith(tuple(beginnings)):
            unused.append(key)
    assert unused == []


def test_each_text_that_is_asked_for_is_there() -> None:
    asked = set(re.findall(rf"""\bt\(\s*["']({_KEY})["']""", sources()))
    assert len(asked) > 30
    asked.discard("page.thing")  # an example in a comment
    missing = [key for key in asked if key not in ENGLISH and f"{key}.other" not in ENGLISH]
    assert missing == []


class Texts(HTMLParser):
    """Collects the texts of a page, and those of the attributes that people read or hear."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        read = ("alt", "aria-label", "placeholder", "title")
        self.found += [value or "" for name, value in attrs if name in read]


def test_a_text_with_an_element_is_html_in_which_texts_are_escaped() -> None:
    t = Translation("en")
    values = {"name": "<b>gate</b>", "since": Markup("<time>18:01</time>")}
    text = t("devices.why.off_since", **values)
    assert "&lt;b&gt;gate&lt;/b&gt; has been off since <time>18:01</time>." in text
    assert isinstance(text, Markup)
    assert not isinstance(t("devices.why.off_since", name="gate", since="18:01"), Markup)


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda one: one.name)
def test_a_template_has_no_text_of_its_own(template: Path) -> None:
    """Only the product's name."""
    source = re.sub(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", "", template.read_text(), flags=re.DOTALL)
    texts = Texts()
    texts.feed(source)
    found = {word for text in texts.found for word in re.findall(r"[^\W\d_]{2,}", text)}
    assert found <= {"Nightjar"}


def test_numbers_and_plurals_are_those_of_the_language() -> None:
    english, german = Translation("en"), Translation("de")
    assert english("times.ago.days", count=1) == "1 day ago"
    assert english("times.ago.days", count=12_345) == "12,345 days ago"
    assert german("times.ago.days", count=12_345) == "vor 12.345 Tagen"
    assert english("times.ago.days", count=0) == "0 days ago"
    assert german("tokens.done.removed", count=0, name="a") == "Der Token a ist entfernt."


@pytest.mark.parametrize(
    ("count", "english", "german"),
    [
        (0, "0 KB", "0 KB"),
        (12_345, "12 KB", "12 KB"),
        (1_500_000_000, "1.5 GB", "1,5 GB"),
        (10**18, "1,000,000.0 TB", "1.000.000,0 TB"),
    ],
)
def test_sizes_are_in_the_largest_unit(count: int, english: str, german: str) -> None:
    assert Translation("en").size(count) == english
    assert Translation("de").size(count) == german


def test_a_text_without_its_value_is_an_error() -> None:
    """A page with a hole would look as if it were whole."""
    with pytest.raises(KeyError):
        Translation("en")("live.title")
    with pytest.raises(KeyError):
        Translation("en")("no.such.text")


def test_scripts_get_the_texts_of_their_prefixes() -> None:
    subset = Translation("en").subset(["sign_in", "nav"])
    assert {key.partition(".")[0] for key in subset} == {"sign_in", "nav"}
