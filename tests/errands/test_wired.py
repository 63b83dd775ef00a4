"""The worker's own loops, with an account that was connected: from what HubSpot tells to the reward."""

from pathlib import Path
from threading import Thread

import pytest
from tests.errands.house import ADA, CONNECTION, House

from guerdon.config import Settings, read_settings
from guerdon.engine.crm.accounts import Looking, keep_account
from guerdon.store.crm.accounts import Granted
from guerdon.store.database import connect, transaction
from guerdon.worker import Worker


def connected(house: House) -> None:
    looking = Looking(house.program_id, house.vault, "per_test", house.now())
    granted = Granted("token", house.hubspot.token, house.portal)
    with connect(house.url, house.secret, "web") as db, transaction(db, house.program_id) as tx:
        keep_account(tx, looking, house.program.connections[CONNECTION], granted)


def test_a_deal_is_rewarded_by_the_worker_when_its_account_is_connected(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("guerdon.engine.crm.enriching.CLOSED_S", 0.2)
    monkeypatch.setattr("guerdon.engine.crm.enriching.POLL_S", 0.1)
    settings = read_settings(
        {
            "DATABASE_URL": house.url,
            "GUERDON_SECRET": house.secret,
            "GUERDON_HOME": str(tmp_path),
            "GUERDON_HUBSPOT_API": house.hubspot.address,
            "GUERDON_OUTBOUND_ALLOW": "127.0.0.0/8",
        }
    )
    assert isinstance(settings, Settings), settings
    (ada,) = house.hubspot.add("contacts", ADA)
    house.deal(ada)
    house.hear()
    workers = [Worker(settings, name) for name in ("process", "enrich")]
    threads = [Thread(target=worker.run) for worker in workers]
    for thread in threads:
        thread.start()
    try:
        # Nobody has connected the account: it stands still, and says so.
        house.await_true("select coalesce(bool_and(reason = 'not_connected'), false) from errands")
        connected(house)
        house.await_true("select count(*) = 1 from rewards")
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join()
    assert house.errands() == []
    assert house.member_of(ada) is not None
