"""Sentences of the API and of devices, which are English, in the language of a page.

The texts `sentence.*` of `strings/en.json` are these sentences, with placeholders for what differs.
A sentence is looked for among them, and the text of the same key is the sentence in the other
language. One with a count has two texts, as everywhere: `.one` and `.other`. Where they come from
stays as it is: programs read them, too. A sentence about a field of a request ("zone: must be ...")
has its name in the API; people get the label of the form instead, the text `field.zone`.
"""

import re
from collections.abc import Mapping
from datetime import tzinfo
from functools import cache, lru_cache
from http import HTTPStatus

from function_app.localization.quantities import localize
from function_app.localization.translation import Language, Translation, load_strings
from photo_wire.problem import Problem

PREFIX = "sentence."
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_FIELD = re.compile(r"([\w-]+|unknown [a-z ]+): ")  # how the sentence of a WireError begins
_FREE = ("why", "answer", "value")  # which have spaces; all others are names and numbers
_SHORT = "title"  # which has, too, and ends where what follows it begins
_NO_FULL_STOP = r"(?<![^.]\.)"  # the one at the end is that of the sentence
_MAX_LENGTH = 600  # characters; devices send at most 300


def say(sentence: str, language: Language, zone: tzinfo) -> str:
    """Return a sentence of the API or of a device for a reader: in their language, or in English if
    there is no text for it, with its times in their time zone."""
    known = say_known(sentence, language, zone)
    return localize(sentence, Translation("en"), zone) if known is None else known


def say_known(sentence: str, language: Language, zone: tzinfo) -> str | None:
    """Return the same; None if there is no text for it in this language."""
    translated = translate(sentence, language)
    return None if translated is None else localize(translated, Translation(language), zone)


def translate(sentence: str, language: Language) -> str | None:
    """Return a sentence in this language; None if there is no text for it. One of several parts,
    as in "it answered 404; check the path", is translated by each."""
    if len(sentence) > _MAX_LENGTH:
        return sentence if language == "en" else None
    field, _, problem = sentence.partition(": ")
    if problem and (label := load_strings(language).get(f"field.{field}")):
        stem = problem.removesuffix(".")
        translated = translate(stem, language)
        return f"{label}: {translated}{problem[len(stem) :]}" if translated else None
    if language == "en":
        return sentence
    parts = [_find(part, language) for part in sentence.split("; ")]
    if all(parts):  # before the whole: what differs in a sentence may be of several words
        return "; ".join(filter(None, parts))
    if found := _find(sentence, language):
        return found
    stem = sentence.removesuffix(".")
    if stem and stem != sentence and not stem.endswith("."):
        whole = translate(stem[0].lower() + stem[1:], language)
        return f"{whole[0].upper()}{whole[1:]}." if whole else None
    return None


def say_problem(problem: Problem, language: Language, zone: tzinfo) -> str | None:
    """Return the sentence of a problem as `say_known` does; None, too, if it is about a field of
    the API that no form has."""
    field = _FIELD.match(problem.detail) if problem.status == HTTPStatus.BAD_REQUEST else None
    if field and f"field.{field[1]}" not in load_strings(language):
        return None
    return say_known(problem.detail, language, zone)


@lru_cache(1000)  # else a sentence in a sentence, and so on, is looked for again at each level
def _find(sentence: str, language: Language) -> str | None:
    texts = load_strings(language)
    for key, pattern in _patterns().items():
        if match := pattern.fullmatch(sentence):
            values = match.groupdict()
            if "why" in values:  # a sentence in a sentence, which may be anybody's
                values["why"] = translate(values["why"], language) or values["why"]
            return texts[_plural_key(key, values)].format_map(values)
    return None


def _plural_key(key: str, values: Mapping[str, str]) -> str:
    """Return the key of the text for the count among the values: a device of an earlier version
    says "1 folders"."""
    base, _, form = key.rpartition(".")
    if form not in ("one", "other"):
        return key
    return f"{base}.{'one' if values['count'] == '1' else 'other'}"


@cache
def _patterns() -> Mapping[str, re.Pattern[str]]:
    """Return which sentences each text stands for: those with the most words of their own first."""
    texts = {key: text for key, text in load_strings("en").items() if key.startswith(PREFIX)}
    by_words = sorted(texts, key=lambda key: -len(_PLACEHOLDER.sub("", texts[key])))
    return {key: re.compile(_pattern(texts[key])) for key in by_words}


def _pattern(text: str) -> str:
    parts = _PLACEHOLDER.split(text)  # every second one is the name of a placeholder
    return "".join(
        _placeholder(part) if number % 2 else re.escape(part) for number, part in enumerate(parts)
    )


def _placeholder(name: str) -> str:
    if name == _SHORT:
        return f"(?P<{name}>.+?)"
    return f"(?P<{name}>.+{_NO_FULL_STOP})" if name in _FREE else rf"(?P<{name}>\S+)"
