"""Whatever form of staff is refused comes back with what was typed into it, whichever page has it."""

from html import escape
from typing import TYPE_CHECKING

import pytest
from tests.approvals.doors import Doors, Visitor
from tests.attacks.test_forged_forms import EVERYONE, FORMS, hooked, marks_in, own_token
from tests.attacks.test_sent_twice import LOOKING, OURS

from guerdon.values.ids import show

if TYPE_CHECKING:
    from guerdon.web.accounts.forms.refilled import Form

# Markup, a mark that turns what follows, and quotes: nothing that any field takes but a text.
TYPED = '<b>"x"</b>\u202e & more'
NAMED = "csrfmiddlewaretoken"


def forms_of(text: str) -> "list[Form]":
    from guerdon.web.accounts.forms.refilled import _Reader  # noqa: PLC0415  Django is prepared by then

    return _Reader(text).forms


def pages_of(doors: Doors, visitor: Visitor) -> list[str]:
    """The pages that have forms of staff."""
    named = marks_in(doors.house)
    found: dict[str, None] = {}
    for route in OURS:
        for path, _ in FORMS[route]:
            for mark, value in named.items():
                path = path.replace(mark, value)  # noqa: PLW2901  filled in
            if route not in LOOKING and not path.startswith("/"):
                found[visitor.home + path] = None
    return list(found)


def typed_into(form: "Form", button: tuple[str, str] | None) -> dict[str, list[str]]:
    """What a browser sends of a form in whose every text somebody typed nonsense."""
    sent: dict[str, list[str]] = {}
    for name, value in [*form.told, *([button] if button else [])]:
        sent.setdefault(name, []).append(value)
    for each in form.fields:
        if each.kind in {"line", "textarea"}:
            sent.setdefault(each.name, []).append(TYPED)
        elif each.ticked or (each.kind == "option" and each.name not in sent):
            sent[each.name] = [*(sent.get(each.name, []) if each.kind == "input" else []), each.value]
    return sent


@pytest.mark.parametrize("name", EVERYONE)
def test_nothing_that_was_typed_is_lost_when_it_is_refused(doors: Doors, name: str) -> None:
    visitor = doors.visitor(name)
    refused: set[tuple[str, str]] = set()
    for path in pages_of(doors, visitor):
        page = visitor.client.get(path)
        if page.status_code != 200:
            continue
        for form in forms_of(page.content.decode()):
            if form.action.partition("?")[0] != path or not any(
                each.kind in {"line", "textarea"} for each in form.fields
            ):
                continue
            for button in form.buttons or [None]:  # type: ignore[list-item]
                sent = {**typed_into(form, button), NAMED: [own_token(visitor)]}
                answer = visitor.client.post(form.action.replace("&amp;", "&"), sent)
                if answer.status_code not in {400, 409, 422}:
                    continue
                shown = answer.content.decode()
                assert TYPED not in shown, (path, button)
                again = [
                    [
                        each.value.removeprefix("\n")
                        for each in other.fields
                        if each.kind in {"line", "textarea"}
                    ]
                    for other in forms_of(shown)
                    if other.action.partition("?")[0] == path
                ]
                typed = [TYPED for each in form.fields if each.kind in {"line", "textarea"}]
                # Where the form is there no more, it stands above.
                assert typed in again or shown.count(escape(TYPED)) >= len(typed), (path, button, again)
                refused.add((path, str(button)))
    if name == "olga":
        assert len(refused) >= 8, sorted(refused)


def test_a_tab_from_before_writes_nothing_over_and_shows_both(doors: Doors) -> None:
    hooked(doors.house)
    opa = doors.visitor("opa")
    path = f"webhooks/{show('whk', 1)}"
    (form,) = [form for form in forms_of(opa.page(path)) if ("act", "change") in [*form.told, *form.buttons]]
    mine = {name: values for name, values in typed_into(form, None).items() if name != NAMED}
    theirs = {**mine, "name": ["Theirs"], "url": ["https://colleague.example/"]}
    mine |= {"name": ["Mine, a minute later"], "url": ["https://mine.example/"]}
    for sent, status in ((theirs, 303), (mine, 409)):
        answer = opa.client.post(opa.home + path, {**sent, NAMED: [own_token(opa)]})
        assert answer.status_code == status
    shown = answer.content.decode()
    assert "a colleague changed it meanwhile" in shown
    assert 'value="Mine, a minute later"><small class="muted">It says now: <bdi>Theirs</bdi>' in shown
    assert doors.house.rows("select name from webhook_endpoints where id = 1") == [("Theirs",)]
    # Who looked at both saves again.
    (again,) = [form for form in forms_of(shown) if ("act", "change") in [*form.told, *form.buttons]]
    was = dict(again.told)["was"]
    answer = opa.client.post(opa.home + path, {**mine, "was": [was], NAMED: [own_token(opa)]})
    assert answer.status_code == 303
    assert doors.house.rows("select name from webhook_endpoints where id = 1") == [("Mine, a minute later",)]
