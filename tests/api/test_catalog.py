"""What there is to choose, by the API: looked for with counts, or one by one, by a place its own."""

import pytest
from tests.api.house import ApiHouse
from tests.api.test_feeds import feed, rows

from guerdon.values.ids import show


def stocked(house: ApiHouse) -> None:
    lamps = rows("lamp1", "lamp2", name={"en": "Reading lamp", "de": "Leselampe"}, brand="Lux")
    assert feed(house, "lamps", lamps).body["state"] == "applied"
    more = rows("vase1", name={"en": "Vase"}, amounts=["40.00"]) + rows(
        "fish1", name={"en": "Dried fish"}, markets=["NO"]
    )
    assert feed(house, "more", more).body["state"] == "applied"


def test_items_are_found_counted_and_shown(house: ApiHouse) -> None:
    stocked(house)
    found = house.get("/catalog/items?market=DE&q=leselamp&language=de&unit=EUR&left=1000&limit=1")
    assert found.status == 200, found.body
    body = found.body
    assert (body["total"], body["exact"], body["meant"]) == (2, True, None)
    assert [(each["name"], each["price"], each["afford"]) for each in body["items"]] == [
        ("Leselampe", 1000, "enough")
    ]
    assert body["facets"]["brand"] == [{"value": "Lux", "items": 2}]
    then = house.get(
        f"/catalog/items?market=DE&q=leselamp&language=de&unit=EUR&left=1000&limit=1&after={body['next']}"
    ).body
    assert (len(then["items"]), then["next"]) == (1, None)
    assert then["items"][0]["id"] != body["items"][0]["id"]
    assert house.get("/catalog/items?market=DE&q=raeding").body["meant"] == "reading"
    nearly = house.get("/catalog/items?market=DE&q=vase&unit=EUR&left=3200&afford=almost").body
    assert [each["name"] for each in nearly["items"]] == ["Vase"]
    assert house.get("/catalog/items?market=DE&q=fish").body["total"] == 0
    one = house.get(f"/catalog/items/{body['items'][0]['id']}").body
    assert (one["names"], one["denominations"]) == ({"en": "Reading lamp", "de": "Leselampe"}, [1000])


def test_what_cannot_be_chosen_now_is_not_shown_and_pages_end(
    house: ApiHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    def brought(*skus: str, **more: object) -> None:
        read = feed(house, "kettles", rows(*skus, name="Kettle", **more)).body
        if read["state"] == "staged":
            assert house.post(f"/catalog/syncs/{read['id']}/accept").status == 200

    brought("k1", "k2")
    found = house.get("/catalog/items?market=DE&q=kettle&limit=1").body
    assert found["next"] is not None
    path = f"/catalog/items/{found['items'][0]['id']}"
    with monkeypatch.context() as patch:
        patch.setattr("guerdon.web.api.catalog.operations.LEAFED_MOST", 0)
        assert house.get("/catalog/items?market=DE&q=kettle&limit=1").body["next"] is None
    assert house.get(path).status == 200
    brought("k1", "k2", visible_from="2099-01-01")
    assert house.get(path).status == 404
    brought("k1", "k2")
    assert house.get(path).status == 200
    brought("k9")
    assert house.get(path).status == 404


def test_what_is_not_there_or_not_said_is_answered_clearly(house: ApiHouse) -> None:
    stocked(house)
    assert house.get("/catalog/items?market=XX").status == 404
    assert house.get("/catalog/items").status == 422
    assert house.get("/catalog/items?market=DE&left=5").kind == "wrong"
    assert house.get("/catalog/items?market=DE&unit=EUR&afford=enough").kind == "wrong"
    assert house.get(f"/catalog/items/{show('itm', 1)}").status == 404
    assert house.get("/catalog/items?market=DE", key=house.make_key(["read:members"])).status == 403
    fish = house.get("/catalog/items?market=NO&q=fish").body["items"][0]["id"]
    german = house.make_key(["read:catalog"], location="de-kiel")
    assert house.get("/catalog/items?market=NO", key=german).status == 404
    assert house.get("/catalog/items?market=DE", key=german).status == 200
    assert house.get(f"/catalog/items/{fish}", key=german).status == 404
    assert house.get(f"/catalog/items/{fish}").status == 200
