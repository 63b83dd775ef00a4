"""How long deliveries took, by the API: by rule, with what is promised, of a place its own."""

from datetime import timedelta

from tests.api.house import ApiHouse

from guerdon.engine.deliveries.following import follow_deliveries
from guerdon.engine.library import Library
from guerdon.store.database import connect
from guerdon.values.clock import utc_now
from guerdon.worker import MAPPERS


def test_figures_and_promises_stand_by_rule(house: ApiHouse) -> None:
    house.earn()
    inner = house.inner
    with connect(inner.url, inner.secret, "worker") as db:
        follow_deliveries(db, Library(inner.vault, MAPPERS), utc_now() + timedelta(minutes=1))
    found = house.get("/deliveries?measure=given&weeks=2")
    assert found.status == 200, found.body
    body = found.body
    ((rule, rewards),) = inner.rows("select rule, count(*) from rewards group by 1")
    (one,) = body["rules"]
    assert (one["rule"], one["took"]["n"], one["took"]["came"]) == (rule, rewards, rewards)
    assert one["took"] == body["took"]
    assert one["took"]["p50_ms"] <= one["took"]["p99_ms"] <= one["took"]["longest_ms"]
    promise = one["promise"]
    assert (promise["within_s"], promise["at_most_s"]) == (120, 7200)
    assert promise["kept"] + promise["later"] + promise["broken"] == rewards
    assert house.get("/deliveries?measure=arrival").body["rules"][0]["promise"] is None
    elsewhere = house.make_key(["read:members"], location="no-oslo")
    assert house.get("/deliveries?measure=given", key=elsewhere).body["rules"] == []
    own = house.make_key(["read:members"], location="de-kiel")
    assert house.get("/deliveries?measure=given", key=own).body["took"]["n"] == rewards


def test_what_is_asked_wrongly_is_told(house: ApiHouse) -> None:
    assert house.get("/deliveries?weeks=53").status == 422
    assert house.get("/deliveries?measure=all").status == 422
    assert house.get("/deliveries", key=house.make_key(["read:budgets"])).status == 403
