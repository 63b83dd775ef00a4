"""Versions by key: read, compared, drafted, submitted; called off, brought back; signed by people alone."""

from typing import Any

import pytest
from tests.access.people import grant_of, hire
from tests.api.house import Answer, ApiHouse

from guerdon.access.policy import POWERS
from guerdon.engine.approvals.acting import NOBODY, Acting, KeyActing, Refused, Stood
from guerdon.engine.approvals.signing import Word, sign
from guerdon.engine.versions.drafts import Written, begin_draft, save_draft
from guerdon.store.access.api_keys import KeyScope
from guerdon.store.approvals.signers import load_signers
from guerdon.store.database import connect
from guerdon.store.programs import load_live
from guerdon.store.versions.drafts import DraftRow
from guerdon.values.clock import utc_now
from guerdon.values.ids import read, show

READ: KeyScope = "read:versions"
WRITE: KeyScope = "write:versions"
RECALL: KeyScope = "recall:versions"
POORER = ("DE: 500000", "DE: 400000")


def written(house: ApiHouse, *changes: tuple[str, str]) -> str:
    text = house.get("/versions/1").body["text"]
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return str(text)


def begun(house: ApiHouse, key: str, *changes: tuple[str, str]) -> Any:
    sent = {"title": "Spring", "text": written(house, *changes)} if changes else {"title": "Spring"}
    answer = house.post("/drafts/begin", sent, key=key)
    assert answer.status == 201, answer.body
    return answer.body


def submit(house: ApiHouse, key: str, draft: Any, **more: object) -> Answer:
    body = {"edition": draft["edition"], "reason": "Less for Germany", **more}
    return house.post(f"/drafts/{draft['id']}/submit", body, key=key)


def owner(house: ApiHouse) -> int:
    inner = house.inner
    with connect(inner.url, inner.secret, "web") as db:
        return hire(db, inner.program_id, "olga@example.com", [grant_of(inner.program_id, "program_owner")])


def acting(house: ApiHouse, tx: Any, person: int) -> Acting:
    inner = house.inner
    who = load_signers(tx, inner.program_id, [person])[person]
    return Acting(inner.program_id, inner.program, who, inner.vault, utc_now())


def test_a_draft_by_key_is_signed_by_a_person_and_then_live(house: ApiHouse) -> None:
    key = house.make_key([READ, WRITE])
    draft = begun(house, key, POORER)
    assert (draft["edition"], draft["state"], draft["mistakes"], draft["replay"]) == (2, "draft", [], "done")
    asked = submit(house, key, draft)
    assert asked.status == 201, asked.body
    assert (asked.body["state"], asked.body["sha256"]) == ("open", draft["sha256"])
    assert house.get(f"/drafts/{draft['id']}", key=key).body["state"] == "review"
    again = house.post(f"/drafts/{draft['id']}/save", {"edition": 2, "title": "X", "text": "x"}, key=key)
    assert (again.status, again.body["reason"]) == (409, "closed")
    number = read("apr", asked.body["request"])
    assert number is not None
    person = owner(house)
    with house.inner.web() as tx:
        told = sign(tx, acting(house, tx, person), [Word(number, 1, "approve")])[number]
    assert isinstance(told, Stood), told
    house.inner.now = utc_now()
    house.inner.work()
    first, second = reversed(house.get("/versions", key=key).body["versions"])
    assert (first["state"], second["state"]) == ("retired", "live")
    assert first["live_to"] == second["live_from"]
    assert second["made_by"] == f"key:{key.split('_')[1]}"
    assert second["request"] == asked.body["request"]
    assert second["signed_by"] == [house.inner.rows("select person from signatures")[0][0]]
    assert house.get(f"/drafts/{draft['id']}", key=key).body["state"] == "published"
    actions = house.inner.rows(
        "select action from audit where actor = %(k)s order by id", k=f"key:{key.split('_')[1]}"
    )
    assert [action for (action,) in actions] == [
        "draft.begun", "draft.saved", "request.made", "draft.submitted", "program.published",
    ]  # fmt: skip


def test_what_was_not_replayed_is_not_submitted(house: ApiHouse) -> None:
    house.earn()
    key = house.make_key([READ, WRITE])
    draft = begun(house, key, POORER)
    assert draft["replay"] == "never"
    refused = submit(house, key, draft)
    assert (refused.status, refused.kind, refused.body["reason"]) == (409, "refused", "replay_never")
    house.replay(written(house, POORER))
    assert house.get(f"/drafts/{draft['id']}", key=key).body["replay"] == "done"
    late = submit(house, key, draft, live_from="2020-01-01T00:00:00Z")
    assert (late.status, [each["pointer"] for each in late.body["errors"]]) == (422, ["/live_from"])
    assert submit(house, key, draft).status == 201


def test_who_saves_upon_another_is_told_what_they_changed(house: ApiHouse) -> None:
    key = house.make_key([READ, WRITE])
    draft, person = begun(house, key), owner(house)
    number = read("drf", draft["id"])
    assert number is not None
    with house.inner.web() as tx:
        theirs = Written(1, "Spring", written(house, POORER))
        assert isinstance(save_draft(tx, acting(house, tx, person), number, theirs), DraftRow)
    mine = {"edition": 1, "title": "Spring", "text": written(house)}
    refused = house.post(f"/drafts/{draft['id']}/save", mine, key=key)
    assert (refused.status, refused.kind) == (409, "edited")
    assert "saved edition 2" in refused.body["detail"]
    told = [(each["pointer"], each["detail"]) for each in refused.body["errors"]]
    assert told[0] == ("/edition", "it is 2 by now")
    assert told[1][0] == "/text"
    assert "Germany: 500,000 PTS → 400,000 PTS" in told[1][1]
    # Told line by line where it cannot be read.
    wrong = {"edition": 1, "title": "Spring", "text": written(house) + "[\n"}
    lines = house.post(f"/drafts/{draft['id']}/save", wrong, key=key).body["errors"]
    assert any("400000" in each["detail"] for each in lines)
    # What a person wrote is for a person to ask for.
    seen = house.get(f"/drafts/{draft['id']}", key=key).body
    assert (seen["edition"], seen["text"]) == (2, written(house, POORER))
    refused = submit(house, key, seen)
    assert (refused.status, refused.body["reason"]) == (409, "author")
    assert submit(house, key, {**seen, "edition": 1}).kind == "edited"
    # Saved once more by the key, under whatever title, it would be the key's, and its author could sign it.
    for title in ("Spring", "Another title"):
        taken = {"edition": 2, "title": title, "text": written(house)}
        refused = house.post(f"/drafts/{draft['id']}/save", taken, key=key)
        assert (refused.status, refused.body["reason"]) == (409, "author")


def test_a_key_goes_on_with_no_draft_that_a_person_began(house: ApiHouse) -> None:
    key, person = house.make_key([READ, WRITE]), owner(house)
    with house.inner.web() as tx:
        stored = load_live(tx, house.inner.program_id, utc_now())
        assert stored is not None
        number = begin_draft(tx, acting(house, tx, person), "Spring", stored)
        assert isinstance(number, int)
        theirs = Written(1, "Spring", written(house, POORER))
        assert isinstance(save_draft(tx, acting(house, tx, person), number, theirs), DraftRow)
    draft = show("drf", number)
    relabeled = {"edition": 2, "title": "Spring by key", "text": written(house, POORER)}
    refused = house.post(f"/drafts/{draft}/save", relabeled, key=key)
    assert (refused.status, refused.body["reason"]) == (409, "author")
    assert house.get(f"/drafts/{draft}", key=key).body["edition"] == 2


def test_every_mistake_of_a_text_is_told_with_its_line(house: ApiHouse) -> None:
    text = written(house, ("kind: points", "kind: poynts"), ("when: trip.booked", "when: trip.boked"))
    told = house.ask("POST", "/api/v1/versions/check", {"text": text}).body
    assert (told["valid"], told["sha256"], told["changes"]) == (False, None, [])
    lines = text.splitlines()
    assert all(mistake["hint"] for mistake in told["mistakes"])
    there = [lines[mistake["line"] - 1] for mistake in told["mistakes"]]
    for word in ("poynts", "trip.boked"):
        assert any(word in line for line in there), told["mistakes"]
    good = {"text": written(house, POORER), "language": "de"}
    told = house.ask("POST", "/api/v1/versions/check", good).body
    assert told["mistakes"] == []
    assert told["changes"] == ["Budget Pot, Betrag in Germany: 500.000 PTS → 400.000 PTS; 2 Regeln nutzen es"]
    other = house.ask("POST", "/api/v1/versions/check", {"text": text.replace("harbor_wallet", "x")})
    assert other.body["valid"] is False
    long = written(house) + "# long\n" * 30_000
    assert house.ask("POST", "/api/v1/versions/check", {"text": long}).body["valid"] is True
    assert house.ask("POST", "/api/v1/versions/check", {"text": "#" * 3_000_000}).status == 413
    assert house.inner.rows("select count(*) from program_drafts") == [(0,)]


def test_versions_are_listed_compared_called_off_and_brought_back(house: ApiHouse) -> None:
    scheduled, key = house.schedule(), house.make_key([READ, RECALL])
    listed = house.get("/versions", key=key).body["versions"]
    assert [(each["version"], each["state"]) for each in listed] == [(2, "scheduled"), (1, "live")]
    page = house.get("/versions?limit=1", key=key).body
    rest = house.get(f"/versions?limit=1&after={page['next']}", key=key).body
    assert ([*page["versions"], *rest["versions"]], rest["next"]) == (listed, None)
    one = house.get("/versions/2", key=key).body
    assert {**one, "text": None} == {**listed[0], "text": None}
    assert "Harbor purse" in one["text"]
    changed = house.get("/versions/2/changes?language=fr", key=key).body
    assert changed["since"] == 1
    assert len(changed["changes"]) == 1
    assert changed["changes"][0].endswith("Harbor wallet → Harbor purse")
    back = house.get("/versions/1/changes?since=2", key=key).body["changes"]
    assert back[0].endswith("Harbor purse → Harbor wallet")
    assert house.get("/versions/1/changes", key=key).body["changes"] == []
    for path in ("/versions/9", "/versions/1/changes?since=9", "/versions/0", "/versions/x"):
        assert house.get(path, key=key).status == 404 or "since" in path, path
    why = {"reason": "Too early"}
    refused = house.post("/versions/1/call-off", why, key=key)
    assert (refused.status, refused.body["reason"]) == (409, "live")
    assert house.post("/versions/9/call-off", why, key=key).status == 404
    once = house.post(f"/versions/{scheduled}/call-off", why, key=key, once="off").body
    assert (once["state"], once["called_off_because"]) == ("called_off", "Too early")
    assert once["called_off_by"] == f"key:{key.split('_')[1]}"
    assert house.post(f"/versions/{scheduled}/call-off", why, key=key, once="off").body == once
    house.inner.now = utc_now()
    assert house.post("/versions/1/roll-back", why, key=key).body["reason"] == "live"
    house.replace(POORER)
    done = house.post("/versions/1/roll-back", why, key=key)
    assert (done.status, done.body["state"], done.body["of_version"]) == (201, "live", 1)
    assert done.body["reason"] == "Too early"
    house.inner.work()


@pytest.mark.parametrize(
    "scopes", [[READ], [WRITE, READ], [RECALL], ["propose:requests"]], ids=lambda each: each[0]
)
def test_a_key_does_to_versions_what_its_scopes_say(house: ApiHouse, scopes: list[KeyScope]) -> None:
    asked = {
        ("GET", "/versions", READ): None,
        ("POST", "/versions/check", READ): {"text": "x"},
        ("POST", "/drafts/begin", WRITE): {"title": "Spring"},
        ("POST", "/versions/1/roll-back", RECALL): {"reason": "x"},
    }
    whole, placed = house.make_key(scopes), house.make_key(scopes, market="DE")
    for (method, path, scope), body in asked.items():
        for key, may in ((whole, True), (placed, False)):
            answer = house.ask(
                method, "/api/v1" + path, body, key=key, headers={"Idempotency-Key": f"k-{path}-{may}"}
            )
            expected = 403 if scope not in scopes else 404 if not may else 409 if scope == RECALL else 200
            assert answer.status in ({200, 201} if expected == 200 else {expected}), (path, answer.body)


def test_a_key_cannot_sign_what_it_submitted(house: ApiHouse) -> None:
    """However its scopes are: there is no door for it, and its requests wait even on a rung of nobody."""
    key = house.make_key([READ, WRITE, RECALL])
    asked = submit(house, key, begun(house, key, POORER)).body
    house.inner.now = utc_now()
    house.inner.work()
    assert house.get("/versions", key=key).body["versions"][0]["version"] == 1
    assert house.post(f"/requests/{asked['request']}/withdraw", {}, key=key).status == 403
    number = read("apr", asked["request"])
    assert number is not None
    inner = house.inner
    with inner.web() as tx:
        itself = KeyActing(
            inner.program_id, inner.program, NOBODY, inner.vault, utc_now(), "k", versions=frozenset(POWERS)
        )
        told = sign(tx, itself, [Word(number, 1, "approve")])[number]
    assert told == Refused("role")
