"""The first program, from a starter: its inputs, what it would say, and publishing it.

Nothing is kept between the steps: what was typed travels in the form, is read and checked anew.
"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.views.decorators.http import require_http_methods

from guerdon.engine.beginnings.founding import publish_first
from guerdon.program.load import read_program
from guerdon.program.model import Program
from guerdon.program.starters.countries import COUNTRIES, CURRENCIES, ZONES
from guerdon.program.starters.filling import (
    BRAND_LETTERS_MAX,
    KEY_LETTERS_MAX,
    STARTERS,
    Inputs,
    Starter,
    check_inputs,
    fill,
)
from guerdon.store.programs import list_programs
from guerdon.values.clock import utc_now
from guerdon.values.texts import LANGUAGES
from guerdon.web.accounts.answers import page
from guerdon.web.accounts.languages import OWN_NAMES, locale_of
from guerdon.web.accounts.models import Staff
from guerdon.web.accounts.sign_in import NO_PROGRAM
from guerdon.web.console.rules.sentences import RuleWords, Speaker
from guerdon.web.rooms import room

LETTERS_MAX = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """What a program would say: its text, and its rules in words."""

    program: Program
    text: str
    rules: tuple[tuple[str, RuleWords], ...]


@require_http_methods(["GET", "HEAD", "POST"])
def first_program(request: HttpRequest) -> HttpResponse:
    """Show the starters, the form of one, or what it would say; publish it."""
    if not isinstance(request.user, Staff):
        return _see("/account/sign-in?next=/setup")
    with room().reading(NO_PROGRAM) as tx:
        begun = bool(list_programs(tx))
    if begun:
        return _see("/console/")
    given = request.POST if request.method == "POST" else request.GET
    starter = STARTERS.get(given.get("starter", ""))
    if starter is None:
        return page(request, "console/setup/starters.html", starters=list(STARTERS))
    if request.method != "POST":
        return _form(request, starter, _usual(starter))
    return _taken(request, request.user, starter)


def _taken(request: HttpRequest, founder: Staff, starter: Starter) -> HttpResponse:
    inputs = _read(starter, request.POST)
    wrong = check_inputs(starter, inputs)
    shown = None if wrong else _filled(starter, inputs, locale_of(request))
    if shown is None or request.POST.get("act") == "change":
        return _form(request, starter, inputs, wrong)
    if request.POST.get("act") != "publish":
        return page(
            request,
            "console/setup/shown.html",
            starter=starter,
            inputs=inputs,
            shown=shown,
        )
    return _published(founder, shown.program)


def _published(founder: Staff, program: Program) -> HttpResponse:
    with room().connections.lent() as connection:
        program_id = publish_first(connection, program, (founder.email, founder.name), utc_now())
    room().look_again()
    # Somebody else was quicker: theirs is the program.
    return _see("/console/" if program_id is None else f"/console/{program.key}/setup")


def _filled(starter: Starter, inputs: Inputs, locale: str) -> Shown | None:
    """What the inputs come to; None where no program can be read from them, which a test rules out."""
    text = fill(starter, inputs)
    program = read_program(text)
    if not isinstance(program, Program):
        return None
    speaker = Speaker(program, locale, list(program.markets))
    rules = tuple((key, speaker.rule(rule)) for key, rule in program.rules.items())
    return Shown(program, text, rules)


def _form(
    request: HttpRequest, starter: Starter, inputs: Inputs, wrong: list[str] | None = None
) -> HttpResponse:
    language = locale_of(request).partition("-")[0]
    tongue = LANGUAGES.index(language) if language in LANGUAGES else 0
    return page(
        request,
        "console/setup/form.html",
        status=422 if wrong else 200,
        starter=starter,
        inputs=inputs,
        wrong=wrong or [],
        countries=[(key, country.names[tongue]) for key, country in COUNTRIES.items()],
        currencies=CURRENCIES,
        zones=ZONES,
        languages=OWN_NAMES,
        brand_letters_max=BRAND_LETTERS_MAX,
        key_letters_max=KEY_LETTERS_MAX,
    )


def _usual(starter: Starter) -> Inputs:
    """What stands in the form at first."""
    amounts = {amount.name: amount.usual for amount in starter.amounts}
    return Inputs("", "", ("DE",), "EUR", "Europe/Berlin", "", amounts)


def _read(starter: Starter, given: QueryDict) -> Inputs:
    said = {name: given.get(name, "").strip()[:LETTERS_MAX] for name in given}
    return Inputs(
        said.get("brand", ""),
        said.get("key", ""),
        tuple(key[:LETTERS_MAX] for key in given.getlist("countries")[: len(COUNTRIES)]),
        said.get("currency", ""),
        said.get("time_zone", ""),
        said.get("language", ""),
        {amount.name: said.get(f"amount_{amount.name}", "") for amount in starter.amounts},
    )


def _see(address: str) -> HttpResponse:
    return HttpResponse(status=303, headers={"Location": address})
