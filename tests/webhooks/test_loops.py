"""The worker's own loops: what happens arrives at a real receiver, which believes it by two libraries."""

from pathlib import Path
from threading import Thread
from time import sleep

import pytest
from standardwebhooks import Webhook
from tests.http.receiver import Receiver, receiving
from tests.peers.npm import asked
from tests.webhooks.house import House

from guerdon.config import Settings, read_settings
from guerdon.values.clock import utc_now
from guerdon.worker import Worker


@pytest.mark.timeout(120)
def test_what_happens_arrives_by_the_workers_loops_and_both_libraries_believe_it(
    house: House, peers: Path, tmp_path: Path
) -> None:
    house.now = utc_now()
    settings = read_settings(
        {
            "DATABASE_URL": house.url,
            "GUERDON_SECRET": house.secret,
            "GUERDON_HOME": str(tmp_path),
            "GUERDON_OUTBOUND_ALLOW": "127.0.0.0/8",
        }
    )
    assert isinstance(settings, Settings)
    workers = [Worker(settings, only) for only in ("announce", "webhooks", "webhooks")]
    threads = [Thread(target=worker.run) for worker in workers]
    with receiving(Receiver()) as receiver:
        made = house.endpoint(url=receiver.url)
        house.enroll(*(f"c{n}" for n in range(30)))
        house.tell("c1", "order.paid", order_no="a", amount=5)
        for thread in threads:
            thread.start()
        while house.rows("select count(*) from webhook_deliveries where state = 'delivered'") != [(32,)]:
            sleep(0.05)
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join()
    # Two workers share the work, and nothing is sent twice.
    assert len({each.headers["webhook-id"] for each in receiver.requests}) == len(receiver.requests) == 32
    messages = [
        {"secret": made.secret, "headers": each.headers, "body": each.body.decode()}
        for each in receiver.requests
    ]
    assert asked(peers, "webhooks.js", messages) == ["ok"] * 32
    for each in receiver.requests:
        assert Webhook(made.secret).verify(each.body, each.headers)
