"""The set-up's page: each step from what really is there, a key that opens, and samples that go again."""

import json
import re
import shlex
from datetime import timedelta
from html import unescape

import pytest
from psycopg import errors
from tests.access.people import grant_of, hire
from tests.lending import lent
from tests.setup.conftest import HOME, Empty

from guerdon.access.grants import Scope
from guerdon.store.access.api_keys import EVENTS, find_api_key, read_token
from guerdon.store.database import transaction
from guerdon.values.clock import utc_now


def steps(console: Empty) -> dict[str, bool]:
    found = re.findall(r'data-step="(\w+)" data-tone="(\w+)"', console.page())
    return {name: tone == "ok" for name, tone in found}


def test_each_step_is_done_when_its_rows_are_there(begun: Empty) -> None:
    before = {"brand": True, "published": True, "key": False, "tried": False, "rewarded": False}
    before |= {"sender": False, "approver": False, "live": False}
    assert steps(begun) == before
    begun.act("key")
    assert steps(begun) == before | {"key": True}
    assert begun.act("try", type="test_drive.completed").status_code == 303
    begun.work()
    tried = before | {"key": True, "tried": True, "rewarded": True}
    assert steps(begun) == tried
    with lent(begun.url, begun.secret, "web") as db:
        hire(db, 1, "bo@example.com", [grant_of(1, "program_owner")])
    assert steps(begun) == tried | {"approver": True}


def test_a_key_is_shown_once_and_opens_the_door_for_its_sources(begun: Empty) -> None:
    page = begun.act("key").content.decode()
    (key,) = re.findall(r'id="secret">(gdn_[0-9a-z_]+)<', page)
    assert key.rpartition("_")[2] in page
    assert key.rpartition("_")[2] not in begun.page()
    read = read_token(f"Bearer {key}".encode())
    assert read is not None
    with lent(begun.url, begun.secret, "web") as db, transaction(db, 1) as tx:
        kept = find_api_key(tx, 1, read[0])
    assert kept is not None
    assert kept.opened_by(read[1], utc_now())
    assert not kept.opened_by(read[1], utc_now() + timedelta(days=366))
    assert (kept.source, kept.scopes) == ("/setup", (EVENTS,))


def test_the_command_is_one_a_shell_takes(begun: Empty) -> None:
    page = begun.act("key").content.decode()
    (command,) = re.findall(r'<textarea[^>]* id="command"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    words = shlex.split(unescape(command))
    assert words[:3] == ["curl", "-i", "http://127.0.0.1:8710/v1/events"]
    event = json.loads(words[-1])
    assert (event["type"], event["subject"], event["source"]) == (
        "test_drive.completed",
        "crm:1001",
        "/setup",
    )


@pytest.mark.parametrize("kind", ["test_drive.completed", "booking.confirmed", "referral.succeeded"])
def test_a_sample_gets_what_everybody_gets_and_loses_it(begun: Empty, kind: str) -> None:
    for _ in range(2):
        begun.act("try", type=kind)
        begun.work()
    ((value,),) = begun.rows("select sum(remaining) from rewards")
    assert value > 0
    # Nobody is erased while they have something.
    assert begun.act("erase").status_code == 422
    assert begun.act("take_back").status_code == 303
    begun.work()
    assert begun.rows("select sum(remaining), count(*), min(state) from rewards") == [(0, 2, "reversed")]
    assert begun.act("take_back").status_code == 422
    assert begun.act("erase").status_code == 303
    assert "Is being erased" in begun.page()
    assert begun.erase() == 1
    assert "There is no sample member" in begun.page()
    assert begun.rows("select count(*) from persons") == [(0,)]
    # What was decided stays, and the budget has its money again.
    assert begun.rows("select count(*) from events") == [(4,)]
    assert steps(begun)["rewarded"]


def test_an_event_that_no_rule_rewards_is_not_sent(begun: Empty) -> None:
    for kind in ("booking.canceled", "sample.removed", "no.such", ""):
        assert begun.act("try", type=kind).status_code == 422
    assert begun.act("nonsense").status_code == 400
    assert begun.rows("select count(*) from inbox") == [(0,)]
    assert begun.rows("select count(*) from members") == [(0,)]


def test_a_member_who_is_no_sample_makes_it_live_and_loses_nothing(begun: Empty) -> None:
    begun.enroll("1001")
    begun.act("try", type="test_drive.completed")
    begun.work()
    assert not steps(begun)["live"]
    begun.send("test_drive.completed", "crm:1001")
    begun.send("sample.removed", "crm:1001")
    begun.act("take_back")
    begun.work()
    left = "select i.source, r.remaining from rewards r join member_ids i using (member_id) order by source"
    assert begun.rows(left) == [("crm", 2500), ("sample", 0)]
    assert steps(begun)["live"]


def test_the_web_enrolls_nobody_but_samples_of_its_program(begun: Empty) -> None:
    call = "select enroll_sample(900, 'x', 'DE', 'de', '\\x00', '\\x00', now())"
    with lent(begun.url, begun.secret, "web") as db:
        with pytest.raises(errors.InsufficientPrivilege):
            db.execute(call)
        with pytest.raises(errors.InsufficientPrivilege), transaction(db, 1, 5) as tx:
            tx.execute(call)
        with pytest.raises(errors.InsufficientPrivilege), transaction(db, 1, None, Scope(("DE",))) as tx:
            tx.execute(call)
        with transaction(db, 1) as tx:
            tx.execute(call)
        with pytest.raises(errors.UniqueViolation), transaction(db, 1) as tx:
            tx.execute(call)
    assert begun.rows("select source, member_id from member_ids") == [("sample", 900)]


def test_whoever_only_reads_sees_how_far_it_is_and_changes_nothing(begun: Empty) -> None:
    with lent(begun.url, begun.secret, "owner") as db, transaction(db, 1) as tx:
        tx.execute("update grants set role = 'auditor' where role = 'operator'")
        tx.execute("delete from grants where role = 'program_owner'")
        tx.execute(
            "insert into audit (program_id, actor, action, subject, reason, recorded_at)"
            " values (1, 'test', 'grant.given', 'x', '', now())"
        )
    page = begun.page()
    assert "Make a key" not in re.sub(r"Make a key below\.", "", page)
    token = begun.client.cookies["csrf"].value
    for act in ("key", "try", "take_back", "erase"):
        sent = {"act": act, "type": "test_drive.completed", "csrfmiddlewaretoken": token}
        assert begun.client.post(HOME + "setup", sent).status_code == 403
    assert begun.rows("select count(*) from api_keys") == [(0,)]


@pytest.mark.parametrize("language", ["es", "de", "fr", "ar", "id"])
def test_it_speaks_every_language(begun: Empty, language: str) -> None:
    begun.act("try", type="test_drive.completed")
    begun.work()
    english, said = begun.page(), begun.page(language=language)
    assert f'lang="{language}"' in said
    assert "Rewards left" in english
    assert "Rewards left" not in said
