"""The audit page: who did what, from what to what, and whether it is still as it was sealed."""

import re
from datetime import timedelta
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from tests.web.console.conftest import Console

from guerdon.engine.proof.seals import anchor_new, seal_new
from guerdon.store.audit import record_audit
from guerdon.store.database import connect
from guerdon.values.clock import utc_now
from guerdon.values.ids import show
from guerdon.values.texts import LANGUAGES
from guerdon.web.console.deeds import deed_names


def told(console: Console, subject: str, action: str = "key.added", **more: str) -> None:
    house = console.house
    with house.working() as tx:
        record_audit(
            tx, house.program_id, more.pop("actor", "command line"), action, subject, utc_now(),
            before={"open": False, "name": "till"}, after={"open": True, "name": "till"},
            reason="asked <b>for",
        )  # fmt: skip


def sealed(console: Console, folder: Path | None = None) -> None:
    with connect(console.house.url, console.house.secret, "worker") as db:
        seal_new(db, utc_now())
        if folder:
            anchor_new(db, folder, utc_now())


def newest(console: Console) -> str:
    (row,) = console.house.rows("select max(id) from audit")
    return show("aud", int(str(row[0])))


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_in_every_language_who_did_what(staff: Console, language: str, tmp_path: Path) -> None:
    told(staff, "key 1")
    sealed(staff, tmp_path)
    page = staff.page(f"audit?open={newest(staff)}", language)
    assert f'<html lang="{language}"' in page
    assert "%(" not in page
    assert deed_names(language)["key.added"] in page
    assert "asked &lt;b&gt;for" in page


def test_what_changed_is_shown_and_what_did_not_is_not(staff: Console) -> None:
    told(staff, "key 1")
    page = staff.page(f"audit?open={newest(staff)}")
    assert re.search(r"open</bdi></code>\s*no .*yes", page)
    assert "till" not in page


def test_a_row_waits_for_its_seal_is_sealed_and_told_outside(staff: Console, tmp_path: Path) -> None:
    told(staff, "key 1")
    address = f"audit?open={newest(staff)}"
    assert "This row waits for its seal" in staff.page(address)
    sealed(staff)
    assert "Checked now: it is as it was sealed." in staff.page(address)
    sealed(staff, tmp_path)
    assert "and the seal was told outside." in staff.page(address)


def test_a_row_that_was_changed_is_said_to_be(staff: Console) -> None:
    told(staff, "key 1")
    sealed(staff)
    change: LiteralString = "update audit set reason = 'another' where subject = 'key 1'"
    with psycopg.connect(staff.house.url, options="-c search_path=guerdon") as db:
        db.execute("set session_replication_role = replica")
        db.execute(change)
    assert "This row is not as it was sealed." in staff.page(f"audit?open={newest(staff)}")


def test_rows_are_found_by_who_what_and_when(staff: Console) -> None:
    told(staff, "key 1")
    told(staff, "key 2", "key.revoked", actor="somebody")
    tomorrow = (utc_now() + timedelta(days=2)).date().isoformat()
    yesterday = (utc_now() - timedelta(days=2)).date().isoformat()
    for terms, first, second in (
        ("", True, True),
        ("q=key+1", True, False),
        ("q=somebody", False, True),
        ("action=key.added", True, False),
        ("action=nonsense", True, True),
        (f"from={yesterday}&to={tomorrow}", True, True),
        (f"to={yesterday}", False, False),
        ("q=key", False, False),
    ):
        page = staff.page(f"audit?{terms}")
        assert ("key 1" in plain(page).replace("Audit", "")) == first, terms
        assert ("key 2" in plain(page)) == second, terms
    assert "No changes match these filters." in staff.page("audit?q=key")
    # Nobody is called by their e-mail there, and an address is kept.
    refused = staff.client.get(f"{staff.home}audit?q=ada@example.com")
    assert (refused.status_code, b"ada@" in refused.content) == (400, False)


def test_the_list_goes_on_where_it_stopped(staff: Console) -> None:
    for n in range(60):
        told(staff, f"key {n}")
    first = staff.page("audit?action=key.added")
    older = re.search(r'href="/console/\w+/(audit\?[^"]*before=aud_\w+)"', first)
    assert older is not None
    second = staff.page(older.group(1).replace("&amp;", "&"))
    shown = [set(re.findall(r"<bdi>(key \d+)</bdi>", page)) for page in (first, second)]
    assert len(shown[0]) == 50
    assert len(shown[1]) == 10
    assert not shown[0] & shown[1]


@pytest.mark.parametrize(
    "path", ["audit?open=aud_X", "audit?before=x&q=%00&action=%00", "audit?from=9999-12-31"]
)
def test_no_garbled_address_breaks_it(staff: Console, path: str) -> None:
    staff.page(path)


def test_a_row_that_is_not_there_is_not_found(staff: Console) -> None:
    assert staff.client.get(f"{staff.home}audit?open={show('aud', 999_999)}").status_code == 404
