"""Why a row of a feed cannot be an item, in words: for staff in their language, elsewhere in English.

A reason is a code that is kept with its row, beside the values that its text names (those of
`engine/catalog/wrong.py`). Names of fields are those of the feed and stay as they are.
"""

from collections.abc import Callable, Mapping

from guerdon.text import formats
from guerdon.text.catalogs import Words, words
from guerdon.values.texts import FALLBACK_LANGUAGE

Say = Callable[[str], str]


def wrong_row_text(words: Words, code: str, said: Mapping[str, str | int]) -> str:
    """Say why a row cannot be an item; a code that we have no words for says itself."""
    say = words.gettext
    known = {**_of_rows(say), **_of_fields(say), **_of_items(say), **_of_images(say)}
    shown = {name: formats.quoted(value, words.language) for name, value in said.items()}
    if code not in known:
        return code
    text = known[code] % shown
    if said.get("near"):
        return say("%(said)s (did you mean %(near)s?)") % {"said": text, "near": shown["near"]}
    if said.get("known"):
        return say("%(said)s (known: %(known)s)") % {"said": text, "known": shown["known"]}
    return say("%(said)s (none is declared)") % {"said": text} if "known" in said else text


def wrong_row_in_english(code: str, said: Mapping[str, str | int]) -> str:
    """The same for programs and terminals; nothing for a row that is not wrong."""
    return wrong_row_text(words(FALLBACK_LANGUAGE, "reasons"), code, said) if code else ""


def _of_rows(say: Say) -> dict[str, str]:
    """How the row is written."""
    return {
        "row_large": say("the row is larger than %(most)s bytes"),
        "row_encoding": say("the row is not UTF-8"),
        "row_json": say("the row is no JSON from its letter %(at)s on"),
        "row_unreadable": say(
            "the row is JSON that cannot be read: a number is too long, or it is nested too deeply"
        ),
        "row_object": say("the row is no JSON object"),
        "row_cells": say("the cells of the row cannot be told apart: a line ends within one without quotes"),
        "cell_count": say("the row has another number of cells (%(n)s) than the first line (%(columns)s)"),
        "cell_twice": say("%(field)s stands in two columns"),
        "cell_json": say("%(field)s is no JSON"),
    }


def _of_fields(say: Say) -> dict[str, str]:
    """What any field can be."""
    return {
        "missing": say("%(field)s is missing"),
        "unknown": say("%(field)s: “%(given)s” is not known"),
        "unknown_field": say("there is no field “%(given)s”"),
        "unknown_part": say("%(field)s: there is no field “%(given)s” in it"),
        "exclude": say("%(field)s and %(other)s exclude each other"),
        "no_number": say("%(field)s: “%(given)s” is no number"),
        "no_whole": say("%(field)s: “%(given)s” is not a whole number from %(least)s to %(most)s"),
        "no_part": say("%(field)s: “%(given)s” is no part like 0.975"),
        "no_list": say("%(field)s is no list, or holds more than %(most)s"),
        "no_objects": say("%(field)s is no list of objects, or holds more than %(most)s"),
        "no_words": say("%(field)s holds something that is no word"),
        "no_truth": say("%(field)s: “%(given)s” is neither true nor false"),
        "no_moment": say("%(field)s: “%(given)s” is no day or instant like 2026-12-01"),
        "no_text": say("%(field)s is no text"),
        "century": say("%(field)s: “%(given)s” is not of this century"),
        "digits": say("%(field)s: “%(given)s” has more digits after the point than %(unit)s"),
        "not_positive": say("%(field)s: “%(given)s” is not more than zero"),
        "long": say("%(field)s has %(n)s letters, more than %(most)s"),
        "language": say("%(field)s is in a language that is not spoken here: “%(given)s”"),
    }


def _of_items(say: Say) -> dict[str, str]:
    """What only one field can be, or two together."""
    return {
        "id_form": say("id “%(given)s” is none: letters, digits and . _ ~ -, at most %(most)s"),
        "id_long": say("id has %(n)s letters: with its feed before it, it may have %(most)s"),
        "id_twice": say("id “%(given)s” stands in this feed already"),
        "gone_in_full": say("gone belongs to a delta; a full feed leaves the row out"),
        "no_english": say("name has no English"),
        "no_price": say("price is missing: amounts, or min and max, or prices"),
        "prices_beside": say("prices stands beside several amounts: a fixed price is that of one amount"),
        "prices_form": say('prices is no object like {"points": 900}'),
        "prices_unit": say("prices: “%(given)s” is no unit of points or credits of the program"),
        "range_order": say("max is less than min"),
        "times_order": say("visible_to is not after visible_from"),
        "offers_beside": say("offers stands beside %(field)s: write one of the two"),
        "supplier_twice": say("offers: a supplier stands there twice"),
        "sku_form": say("sku is empty, or has more than %(most)s letters"),
        "fee_currency": say("fee needs a currency"),
        "slot_twice": say("slots: a slot stands there twice"),
        "slot_order": say("slots: one ends before it starts, or has no start"),
    }


def _of_images(say: Say) -> dict[str, str]:
    """What is wrong with its image."""
    return {
        "image_form": say("image is neither data nor the name of a file"),
        "image_address": say("image is an address, and addresses are not asked: bring the image itself"),
        "image_beside": say("image: “%(given)s” is no file beside the feed"),
        "image_base64": say("image is neither base64 nor the name of a file"),
        "image_encoded": say("image is data, and not written in base64"),
        "image_kind": say("image is none: neither PNG nor JPEG nor WebP"),
        "image_bytes": say("image has %(n)s bytes, more than %(most)s"),
        "image_more": say("image has more than %(most)s bytes"),
        "image_size": say("image is %(width)s by %(height)s points; each side has 1 to %(most)s"),
        "picture_address": say("its picture is at an address that may not be asked"),
        "picture_silent": say("its picture does not come: nobody answers there, or not in time"),
        "picture_status": say("its picture is not where they say: the answer there is %(status)s"),
    }
