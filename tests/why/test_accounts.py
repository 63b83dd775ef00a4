"""Every decision can be explained from what was known when it was made, and says so where it cannot."""

from datetime import timedelta

import pytest
from tests.why.conftest import Bakery

from guerdon.engine.why.telling import Teller
from guerdon.rules.why import Story
from guerdon.store.database import connect, transaction
from guerdon.values.texts import LANGUAGES


def stories(bakery: Bakery, who: str) -> dict[str, Story]:
    (latest, *_) = bakery.accounts(who)
    assert latest.trouble == ""
    return {story.rule: story for story in latest.stories}


def test_the_clause_that_was_false_is_named_with_what_it_saw(bakery: Bakery) -> None:
    bakery.buy("ada", price=1500, kind="bread")
    big = stories(bakery, "ada")["big"]
    assert (big.outcome, big.reason) == ("refused", "condition")
    assert big.untrue is not None
    assert (big.untrue.text, dict(big.untrue.seen)) == ("event.price >= 2000", {"event.price": 1500})
    assert [clause.answer for clause in big.clauses] == [True, False, False]


def test_what_was_not_told_is_named(bakery: Bakery) -> None:
    bakery.buy("ada", kind="plum_cake")
    told = stories(bakery, "ada")
    assert told["big"].reason == "missing:event.price"
    assert told["big"].untrue is not None
    assert told["big"].untrue.text == "event.price >= 2000"


def test_what_a_member_was_then_is_what_is_seen_now(bakery: Bakery) -> None:
    bakery.buy("ben", price=2500, kind="plum_cake")
    bakery.enroll_rows("crm,ben,DE,,false,")
    bakery.buy("ben", price=2500, kind="plum_cake")
    later, before = bakery.accounts("ben")
    assert before.stories[0].untrue is not None
    assert dict(before.stories[0].untrue.seen) == {"member.employee": True}
    assert before.trouble == later.trouble == ""
    assert later.stories[0].outcome == "given"


def test_limits_caps_groups_segments_budgets_and_markets_are_named(bakery: Bakery) -> None:
    for _ in range(3):
        bakery.buy("ada", price=2500, kind="plum_cake")
    told = stories(bakery, "ada")
    assert told["big"].reason == "limit:twice"
    assert told["big"].policy.limit is not None
    assert told["loyal"].outcome == "given"
    bakery.buy("ada", price=500)
    told = stories(bakery, "ada")
    # It had 70 of the 100 that anybody may have: 30 of 40 fit, and then nothing more.
    assert (told["small"].value, told["small"].asked, told["small"].capped_by) == (30, 40, "cap")
    assert (told["loyal"].reason, told["loyal"].policy.cap_minor) == ("cap:PTS", 100)
    bakery.buy("nor", price=2500, kind="plum_cake")
    told = stories(bakery, "nor")
    assert told["big"].reason == "budget:pot"
    assert told["big"].policy.account == "budget:pot:NO"
    assert told["loyal"].reason == "market"
    bakery.buy("cem", price=2500, kind="plum_cake", badge="x")
    told = stories(bakery, "cem")
    assert (told["small"].reason, told["small"].policy.winner) == ("group:one", "big")
    assert told["loyal"].reason == "segment:regular"
    assert told["loyal"].untrue is not None
    assert dict(told["loyal"].untrue.seen) == {"count(cake.bought, 30d)": 1}


def test_a_member_reads_plain_words_and_never_code(bakery: Bakery) -> None:
    bakery.buy("ada", price=1500, kind="bread")
    # The nearest to a reward is what was given: 40 points.
    assert bakery.line("ada") == "Earned 40 PTS."
    bakery.buy("ben", price=2500, kind="plum_cake")
    account = bakery.accounts("ben")[0]
    teller = Teller(bakery.program, "en")
    assert teller.why_not(account.stories[0], account) == (
        "Not earned, because it counts only if this is so: works here is “no”. What we know: works here: yes."
    )
    assert teller.why_not(account.stories[1], account) == "Not earned. Only small cakes count here."
    bakery.buy("cem", kind="plum_cake")
    account = bakery.accounts("cem")[0]
    assert teller.why_not(account.stories[0], account) == "Not earned, because we were not told this: price."
    german = Teller(bakery.program, "de").why_not(account.stories[0], account)
    assert german == "Nicht verdient, weil uns das nicht mitgeteilt wurde: Preis."


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_language_shows_a_member_code_or_personal_values(bakery: Bakery, language: str) -> None:
    bakery.buy("ben", price=2500, kind="bread", badge="secret-7")
    bakery.buy("nor", price=1, kind="bread")
    bakery.tell_and_work(("ada", "oven.cleaned", 0, {}))
    teller = Teller(bakery.program, language)
    for who in ("ada", "ben", "nor"):
        for account in bakery.accounts(who):
            said = [teller.member_line(account)]
            said += [teller.why_not(s, account) for s in account.stories if s.outcome == "refused"]
            for line in said:
                assert line
                assert not any(
                    sign in line for sign in ("==", "&&", "||", "event.", "member.", "!m", "secret-7")
                )


def test_staff_read_each_clause_in_words_with_its_values(bakery: Bakery) -> None:
    bakery.buy("ada", price=1500, kind="bread", badge="secret-7")
    account = bakery.accounts("ada")[0]
    teller = Teller(bakery.program, "en")
    clauses = teller.clauses(account.stories[0], account)
    assert [clause.words for clause in clauses] == [
        "works here is “no”",
        "price is at least €20",
        "kind is plum cake",
    ]
    assert [(seen.name, seen.value) for clause in clauses for seen in clause.seen] == [
        ("works here", "no"),
        ("price", "€15"),
        ("kind", "bread"),
    ]
    (small,) = teller.clauses(account.stories[1], account)
    assert ("badge", "•••") in [(seen.name, seen.value) for seen in small.seen]
    assert teller.policies(account.stories[2], account) == ["It is for: Regulars"]


def test_a_version_that_cannot_be_read_is_said_to_be_so(bakery: Bakery) -> None:
    bakery.buy("ada", price=1500, kind="bread")
    (account,) = bakery.accounts("ada", None)
    assert account.trouble == "version"
    assert {story.rule: story.reason for story in account.stories}["big"] == "condition"
    said = Teller(bakery.program, "en").trouble("version", 1)
    assert said == "This release cannot read version 1, by which it was decided."
    # Its words are gone; something general is left.
    assert "event." not in Teller(bakery.program, "en").member_line(account)


def test_what_was_decided_before_values_were_kept_says_so(bakery: Bakery) -> None:
    bakery.buy("ada", price=1500, kind="bread")
    with connect(bakery.url, bakery.secret, "owner") as db:
        db.execute("set role none")
        db.execute("set session_replication_role = replica")
        db.execute("update events set facts = null")
    (account,) = bakery.accounts("ada")
    assert account.trouble == "values"
    told = {story.rule: story for story in account.stories}
    # Those that need no such values are explained all the same.
    assert told["loyal"].kept is False
    assert told["big"].untrue is not None


def test_a_decision_that_comes_out_otherwise_is_said_to(bakery: Bakery) -> None:
    bakery.buy("ada", price=1500, kind="bread")
    bakery.enroll_rows("crm,ada,DE,,true,")
    bakery.buy("ada", price=2500, kind="plum_cake")
    bakery.now += timedelta(hours=1)
    bakery.begin(("event.price < 2000 ||", "event.price < 9000 ||"))
    latest = bakery.accounts("ada")[0]
    assert latest.trouble == "otherwise"
    assert [story.rule for story in latest.stories if not story.agrees] == ["small"]
    # What was decided stays what is told.
    assert next(story for story in latest.stories if story.rule == "small").reason == "missing:event.badge"


def test_a_member_of_another_transaction_sees_nothing(bakery: Bakery) -> None:
    from guerdon.queries.why.events import load_why  # noqa: PLC0415

    bakery.buy("ada", price=1500)
    ((number,),) = bakery.rows("select id from events")
    assert isinstance(number, int)
    with connect(bakery.url, bakery.secret, "web") as db:
        with transaction(db, bakery.program_id, bakery.member("ben")) as tx:
            assert load_why(tx, number) is None
        with transaction(db, bakery.program_id, bakery.member("ada")) as tx:
            assert load_why(tx, number) is not None


def test_what_a_row_of_a_table_says_is_told_with_the_row(bakery: Bakery) -> None:
    bakery.now += timedelta(hours=1)
    rows = '[">= 20.00", -, 40 PTS], ["< 20.00", plum_cake, 20 PTS], ["< 20.00", bread, nothing]'
    table = f"table: {{ columns: [event.price, event.kind], rows: [{rows}] }}"
    bakery.begin(
        ("if: \"event.price < 2000 || event.badge == 'x'\"", "priority: 1"),
        ("because: { en: Only small cakes count here., de: Nur kleine Kuchen zählen hier. }", ""),
        ("then: [{ reward: { value: 40 PTS } }]", f"then: [{{ reward: {{ {table} }} }}]"),
    )
    bakery.buy("ada", 1, price=1500, kind="bread")
    bakery.buy("ada", 1, price=1500)
    untold, account = bakery.accounts("ada")[:2]
    small = {story.rule: story for story in account.stories}["small"]
    assert (small.outcome, small.reason.partition(":")[0]) == ("refused", "table")
    # All of its cells decided it, and none of them alone.
    assert small.untrue is None
    assert [(row, [each.answer for each in parts]) for row, parts in small.rows] == [(3, [True, True])]
    assert [clause.row for clause in Teller(bakery.program, "en").clauses(small, account)] == [3, 3]
    # Where nobody can tell which row it is, all are shown.
    other = {story.rule: story for story in untold.stories}["small"]
    assert other.reason == "missing:event.kind"
    assert [(row, len(parts)) for row, parts in other.rows] == [(1, 1), (2, 2), (3, 2)]
