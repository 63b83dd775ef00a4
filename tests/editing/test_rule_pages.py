"""The pages of rules: the list, one rule, the sentence editor and the grid, all of them of one text."""

import json
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.approvals.doors import Doors, Visitor, opened_doors, plain
from tests.approvals.house import House
from tests.editing.drafts import BEFORE, TEXT, WITH_OWN_TABLE, draft_with, fields_of, text_of

from guerdon.values.texts import LANGUAGES

if TYPE_CHECKING:
    from django.http import HttpResponse


@pytest.fixture
def doors(database: str, secret: str, tmp_path: Path) -> Iterator[Doors]:
    """The console of a house."""
    house = House(database, secret)
    house.open()
    with opened_doors(house, tmp_path) as opened:
        yield opened


def differs(old: str, new: str) -> list[str]:
    lines = unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
    return [line for line in lines if line[:1] in "+-" and line[:3] not in ("+++", "---")]


def told(answer: "HttpResponse") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(answer.content)
    return found


def sent(visitor: Visitor, path: str, act: str = "save", **changed: str | list[str]) -> str:
    """Send a page's editor as a browser would, with some fields changed; the page that comes then."""
    fields = fields_of(visitor.page(path), act=act, **changed)
    answer = visitor.client.post(visitor.home + path, fields)
    if answer.status_code == 303:
        return visitor.page(answer["Location"].removeprefix(visitor.home))
    assert answer.status_code in (200, 409, 422), answer.status_code
    return answer.content.decode()


def test_the_live_rules_are_one_sentence_each(doors: Doors) -> None:
    olga = doors.visitor("olga")
    said = olga.plain("rules")
    assert "2 rules, upon 1 kind of event" in said
    assert "When “Order placed” happens" in said
    assert "give €200 in Germany, NOK" in said
    assert "give 100 PTS" in said
    assert "No rule matches." in olga.plain("rules?q=zebra")
    assert "give 100 PTS" not in olga.plain("rules?q=order&event=order.placed").partition("Points")[0]
    one = olga.plain("rules/order")
    assert "at most €300 a month per member" in one
    assert "Days" not in one
    assert "reference: order_no" in one
    assert olga.get("rules/nothing").status_code == 404
    assert "Given by the rule" in olga.plain("rewards?rule=order")


def test_who_sees_a_part_sees_the_rules_of_that_part_and_no_text(doors: Doors) -> None:
    mara = doors.visitor("mara")
    listed, one = mara.plain("rules"), mara.plain("rules/order")
    assert "Order" in listed
    assert ("NOK" in listed) != ("€200" in listed)
    assert "pay_from" not in one
    assert ("NOK" in one) != ("€200" in one)


def test_a_draft_shows_its_rules_in_words_or_as_they_are_written(doors: Doors) -> None:
    olga, there = draft_with(doors)
    said = olga.plain(there + "/rules")
    assert "3 rules" in said
    assert "level is plus" in said
    assert "give what the table “By kind” says" in said
    olga.send(
        there, act="save", edition="2", title="Spring", text=TEXT.replace("member.level ==", "member.levl ==")
    )
    said = olga.plain(there + "/rules")
    assert "1 mistake" in said
    assert "member.levl ==" in said


def test_a_form_that_nobody_changed_changes_nothing(doors: Doors) -> None:
    olga, there = draft_with(doors)
    for key in ("order", "order_points", "order_kind"):
        sent(olga, f"{there}/rules/{key}")
        assert text_of(doors) == TEXT, key
    sent(olga, f"{there}/tables/by_kind")
    assert text_of(doors) == TEXT
    assert doors.house.rows("select edition from program_drafts") == [(2,)]


def test_an_amount_changed_in_the_sentence_stands_in_the_text_and_in_the_list(doors: Doors) -> None:
    olga, there = draft_with(doors)
    text = TEXT.replace("[200.00 EUR,", "[200.00 EUR, 220.00 EUR,")
    olga.send(there, act="save", edition="2", title="Spring", text=text)
    page = sent(olga, f"{there}/rules/order", amount__DE="220.00 EUR")
    assert "in Germany: €200 → €220" in plain(page)
    assert "give €220 in Germany" in plain(page)
    assert "give €220 in Germany" in olga.plain(there + "/rules")
    line = (
        '      - reward: { value: { DE: %s EUR, "NO": 2300.00 NOK }, pay_from: by_market, valid_days: 180, '
    )
    line += "reference: order_no }"
    assert differs(text, text_of(doors)) == ["-" + line % "200.00", "+" + line % "220.00"]
    actions = doors.house.rows("select action from audit where starts_with(action, 'draft.') order by id")
    assert actions == [("draft.begun",), ("draft.saved",), ("draft.saved",), ("draft.saved",)]


def test_a_condition_is_changed_part_by_part(doors: Doors) -> None:
    olga, there = draft_with(doors)
    path = f"{there}/rules/order_points"
    page = olga.page(path)
    assert "(event.kind == &#39;new&#39; || has(event.order_no))" in page
    sent(olga, path, value__0="basic")
    assert differs(TEXT, text_of(doors)) == [
        "-    if: \"member.level == 'plus' && (event.kind == 'new' || has(event.order_no))\"  # why so",
        "+    if: \"member.level == 'basic' && (event.kind == 'new' || has(event.order_no))\"  # why so",
    ]
    page = sent(olga, path, act="add", **{"subject.new": "event.kind"})
    assert "Nothing is saved yet" in page
    fields = {**fields_of(page, act="save"), "operator.2": ["in"], "value.2": ["new", "used"]}
    assert olga.client.post(olga.home + path, fields).status_code == 303
    assert "&& event.kind in ['new', 'used']\"  # why so\n" in text_of(doors)
    sent(olga, path, act="save", **{"free.1": ""})
    assert "if: \"member.level == 'basic' && event.kind in ['new', 'used']\"  # why so\n" in text_of(doors)
    page = sent(olga, path, act="remove.0")
    olga.client.post(olga.home + path, fields_of(page, act="save"))
    assert "if: \"event.kind in ['new', 'used']\"  # why so\n" in text_of(doors)


def test_a_mistake_stands_at_the_field_that_it_concerns(doors: Doors) -> None:
    olga, there = draft_with(doors)
    page = sent(olga, f"{there}/rules/order", valid_days="soon", priority="9999", amount__DE="two")
    for field, what in (
        ("valid_days", "soon is not a whole number"),
        ("priority", "9999"),
        ("amount", "two"),
    ):
        mistake = page.partition(f'id="wrong-{field}"')[2].partition("</span></span>")[0]
        assert what in mistake, field
    assert 'name="valid_days" type="text" value="soon"' in page
    assert 'aria-describedby="wrong-valid_days"' in page
    page = sent(olga, f"{there}/rules/order_points", free__1="event.colour == 'red'")
    assert "unknown field event.colour" in page.partition('id="wrong-part-1"')[2].partition("</div>")[0]
    assert "member.level" not in page.partition('id="wrong-part-1"')[2].partition("</div>")[0]


def test_every_line_of_a_rule_can_be_filled_in(doors: Doors) -> None:
    olga, there = draft_with(doors)
    page = sent(
        olga,
        f"{there}/rules/order_kind",
        name__en="Kinds",
        name__ar="أنواع",
        promise="public",
        everywhere=[],
        markets=["DE"],
        first="2026-03-01",
        last="2026-05-31",
        priority="7",
        gift="amount",
    )
    page = sent(
        olga,
        f"{there}/rules/order_kind",
        gift="amount",
        amount="50 PTS",
        valid_days="30",
        sends="reward_ready",
    )
    # Nothing is given by the table any more.
    assert "1 mistake stands elsewhere in the draft." in plain(page)
    assert text_of(doors).partition("  order_kind:\n")[2].partition("tables:")[0] == (
        "    name: { en: Kinds, ar: أنواع }\n    when: order.placed\n    promise: public\n    markets: [DE]\n"
        "    valid: { from: 2026-03-01, to: 2026-05-31 }\n    priority: 7\n    then:\n"
        "      - reward: { value: 50 PTS, pay_from: points, valid_days: 30 }\n      - send: reward_ready\n"
    )


def test_ticked_markets_are_meant_until_all_are_ticked_again(doors: Doors) -> None:
    olga, there = draft_with(doors)
    path = f"{there}/rules/order_kind"
    sent(olga, path, everywhere="1", markets="DE")
    assert "    markets: [DE]\n" in text_of(doors)
    sent(olga, path, everywhere="1")
    assert text_of(doors) == TEXT


def test_a_rule_is_begun_and_removed(doors: Doors) -> None:
    olga, there = draft_with(doors)
    for wrong in ("order", "Bad Key", ""):
        answer = olga.send(
            f"{there}/rules", act="begin", key=wrong, name="New", when="order.placed", edition="2"
        )
        assert answer.status_code == 422
        assert "A key is needed" in answer.content.decode()
    answer = olga.send(
        f"{there}/rules", act="begin", key="fresh", name="Fresh one", when="order.placed", edition="2"
    )
    assert answer.status_code == 303
    page = olga.page(f"{there}/rules/fresh")
    assert "nothing is written here" in page.partition('id="wrong-amount"')[2][:400]
    sent(olga, f"{there}/rules/fresh", act="drop")
    assert text_of(doors) == TEXT


def test_what_a_rule_takes_back_or_releases_is_edited_in_its_sentence(doors: Doors) -> None:
    olga, there = draft_with(doors)
    path = f"{there}/rules/order_kind"
    page = sent(olga, path, act="add", **{"step.new": "reverse"})
    assert "Nothing is saved yet" in page
    assert "nothing is written here" in page.partition('id="wrong-step-0"')[2].partition("</div>")[0]
    fields = {**fields_of(page, act="save"), "step.0.rule": ["order"], "step.0.reference": ["order_no"]}
    assert olga.client.post(olga.home + path, fields).status_code == 303
    line = "      - reverse: { rule: order, reference: order_no%s }"
    assert differs(TEXT, text_of(doors)) == ["+" + line % ""]
    kept = text_of(doors)
    page = sent(olga, path, **{"step.0.if_spent": "location"})
    assert differs(kept, text_of(doors)) == ["-" + line % "", "+" + line % ", if_spent: location"]
    assert "take back what “Order” gave" in plain(page)
    page = sent(olga, path, **{"step.0.rule": "order_points"})
    wrong = page.partition('id="wrong-step-0"')[2].partition("</div>")[0]
    assert "the rewards of order_points keep no reference" in wrong
    page = sent(olga, path, act="remove_step.0")
    olga.client.post(olga.home + path, fields_of(page, act="save"))
    assert text_of(doors) == TEXT


def test_a_rule_gets_another_key_and_what_names_it_follows(doors: Doors) -> None:
    text = TEXT.replace("over: hold }", "over: hold, rules: [order, order_kind] }  # 2")
    text = text.replace("table: by_kind, pay_from", "table: by_kind,  pay_from")
    text = text.replace("ages:\n", "ages:\n  order_kind: { channel: email, topic: service }\n")
    olga, there = draft_with(doors, text)
    path = f"{there}/rules/order_kind"
    said = olga.plain(path)
    assert "What names it in the text follows: gift." in said
    assert "It may begin anew" not in said
    for wrong in ("order", "Bad Key", "", "order_kind"):
        answer = olga.send(path, act="rename", to=wrong, edition="2")
        assert answer.status_code == 422
        assert "A key is needed" in answer.content.decode()
    answer = olga.send(path, act="rename", to="by_sort", edition="2")
    assert answer["Location"].endswith(f"{there}/rules/by_sort")
    line = "  gift: { per: member, period: month, amount: 300.00 EUR, over: hold, rules: [order, %s] }  # 2"
    assert differs(text, text_of(doors)) == [
        "-" + line % "order_kind",
        "+" + line % "by_sort",
        "-  order_kind:",
        "+  by_sort:",
    ]
    answer = olga.send(f"{there}/rules/by_sort", act="rename", to="order_kind", edition="2")
    assert answer.status_code == 409


def test_a_live_rule_gets_another_key_only_where_somebody_says_so(doors: Doors) -> None:
    olga, there = draft_with(doors)
    path = f"{there}/rules/order"
    assert "limits per rule begin at zero" in olga.plain(path)
    answer = olga.send(path, act="rename", to="buying", edition="2")
    assert answer.status_code == 422
    assert "what was counted and given stays with a live rule" in answer.content.decode()
    assert 'value="buying"' in answer.content.decode()
    assert text_of(doors) == TEXT
    assert olga.send(path, act="rename", to="buying", edition="2", anew="1").status_code == 303
    assert differs(TEXT, text_of(doors)) == ["-  order:", "+  buying:"]
    # Nor does a new one take over what a live rule counted, unless somebody says so.
    taking = f"{there}/rules/order_kind"
    assert olga.send(taking, act="rename", to="order", edition="3").status_code == 422
    assert olga.send(taking, act="rename", to="order", edition="3", anew="1").status_code == 303


def test_the_grid_changes_the_table_and_shows_gaps_and_overlaps_at_their_rows(doors: Doors) -> None:
    olga, there = draft_with(doors)
    path = f"{there}/tables/by_kind"
    sent(olga, path, cell__0__2="40 PTS")
    assert differs(TEXT, text_of(doors)) == [
        "-      - [new, -, 30 PTS]  # the new ones", "+      - [new, -, 40 PTS]  # the new ones",
    ]  # fmt: skip
    page = sent(olga, path, act="remove_row.2")
    assert "Nothing is saved yet" in page
    assert "no row takes event.kind = used, member.level = basic" in plain(page)
    page = sent(olga, path, cell__1__0="new")
    assert "both take" in page.partition('id="wrong-row-1"')[2].partition("</tr>")[0]
    page = sent(olga, path, act="row")
    assert page.count('name="cell.3.') == 3
    page = sent(olga, path, act="down.0")
    olga.client.post(olga.home + path, fields_of(page, act="save"))
    rows = text_of(doors).partition("    rows:\n")[2].partition("messages:")[0]
    assert rows.splitlines()[0] == "      - [new, plus, 20 PTS]"
    assert rows.splitlines()[1] == "      - [new, -, 40 PTS]  # the new ones"
    page = sent(olga, path, act="column", **{"column.new": "member.market"})
    olga.client.post(olga.home + path, fields_of(page, act="save"))
    assert "columns: [event.kind, member.level, member.market]" in text_of(doors)
    head = {"column.2": "event.happened_at"}
    assert "kind</bdi></small>" in olga.page(path)
    page = sent(olga, path, act="look", **head, cell__0__2="..2026-04-01", cell__1__2="March")
    assert "When it happened</bdi></small>" in page
    assert "is no day" in page.partition('id="wrong-row-1"')[2].partition("</tr>")[0]
    page = sent(olga, path, act="look", **head, cell__1__2="..2026-04-01")
    assert "event.kind = new, member.level = basic, event.happened_at = 2026-04-01" in plain(page)
    sent(olga, path, **head, cell__2__2="..2026-04-01", cell__0__0="-", cell__0__1="-")
    assert "      - [used, basic, ..2026-04-01, nothing]\n" in text_of(doors)
    assert olga.get(f"{there}/tables/none").status_code == 404
    assert olga.get(f"{there}/rules/order/table").status_code == 404


def test_a_table_within_a_rule_has_its_grid_too(doors: Doors) -> None:
    olga, there = draft_with(doors, WITH_OWN_TABLE)
    assert f"{there}/rules/order_points/table" in olga.page(f"{there}/rules/order_points")
    sent(olga, f"{there}/rules/order_points/table", cell__1__1="2 PTS")
    line = "      - reward: { table: { columns: [member.level], rows: [[plus, 100 PTS], [basic, %s PTS]] }, "
    line += "pay_from: points }"
    assert differs(WITH_OWN_TABLE, text_of(doors)) == ["-" + line % 1, "+" + line % 2]


def test_two_people_at_one_rule_are_told_of_each_other(doors: Doors) -> None:
    olga, there = draft_with(doors)
    otto = doors.visitor("otto")
    path = f"{there}/rules/order"
    mine = fields_of(olga.page(path), act="save", amount__DE="210.00 EUR")
    sent(otto, path, amount__DE="190.00 EUR")
    answer = olga.client.post(olga.home + path, mine)
    assert answer.status_code == 409
    page = answer.content.decode()
    assert "saved this draft meanwhile" in page
    assert "210.00 EUR" in page
    assert "190.00 EUR" in text_of(doors)


def test_a_text_that_cannot_be_read_is_shown_to_be_mended_first(doors: Doors) -> None:
    olga, there = draft_with(doors, "program: [\n")
    for path in ("rules", "rules/order", "tables/by_kind", "rules/order/table"):
        answer = olga.get(f"{there}/{path}")
        assert answer.status_code in (200, 404), path
        if answer.status_code == 200:
            assert "Mend it first" in answer.content.decode(), path


def test_who_may_only_read_is_shown_the_form_locked(doors: Doors) -> None:
    _, there = draft_with(doors)
    fay = doors.visitor("fay")
    page = fay.page(f"{there}/rules/order")
    assert 'value="save"' not in page
    assert '<select class="input" id="when" name="when" disabled' in page
    token = page.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    for path in ("rules", "rules/order", "tables/by_kind"):
        answer = fay.client.post(f"{fay.home}{there}/{path}", {"csrfmiddlewaretoken": token, "act": "save"})
        assert answer.status_code == 403, path
    assert text_of(doors) == TEXT


def test_a_typed_text_is_checked_and_completed_without_being_kept(doors: Doors) -> None:
    olga, there = draft_with(doors)
    wrong = TEXT.replace("promise: campaign", "promise: perhaps")
    found = told(olga.send(f"{there}/rules", there, act="check", text=wrong))
    (problem,) = found["problems"]
    assert problem["line"] == wrong[: wrong.index("perhaps")].count("\n") + 1
    assert "unknown promise perhaps" in problem["what"]
    assert (found["count"], found["changes"]) == ("1", [])
    assert told(olga.send(f"{there}/rules", there, act="check", text=BEFORE)) == {
        "problems": [],
        "count": "0",
        "changes": [],
    }
    line = TEXT[: TEXT.index("promise: campaign")].count("\n") + 1
    found = told(olga.send(f"{there}/rules", there, act="complete", text=wrong, line=str(line), column="13"))
    assert found == {"start": 13, "options": ["public", "campaign"]}
    assert text_of(doors) == TEXT


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_speak_every_language(doors: Doors, language: str) -> None:
    olga, there = draft_with(doors)
    for path in (
        "rules",
        "rules/order",
        f"{there}/rules",
        f"{there}/rules/order_points",
        f"{there}/tables/by_kind",
    ):
        page = olga.page(path, language)
        assert f'lang="{language}"' in page
        assert " style=" not in page
        if path.endswith("order_points"):
            # A condition that begins with a Latin name still reads from its own side.
            assert f'<bdi dir="{"rtl" if language == "ar" else "ltr"}">' in page
        if language != "en":
            assert "When “" not in page
            assert "What the draft changes" not in page
