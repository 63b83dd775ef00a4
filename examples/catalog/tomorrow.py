"""The feed of the next day: most is as it was, some is dearer or sold out, some is gone, some is new."""

from collections.abc import Iterator
from random import Random

from .rows import AS_EVER, Row, Terms, item, items

CHANGED, GONE, NEW = 0.02, 0.005, 0.005


def tomorrow(seed: int, count: int = 21_000, terms: Terms = AS_EVER) -> Iterator[Row]:
    """What `items` gives, a day later; the new ones have numbers that come after."""
    for row in items(seed, count, terms):
        later = _later(seed, row)
        if later is not None:
            yield later
    yield from _new(seed, count, terms)


def changes(seed: int, count: int = 21_000, terms: Terms = AS_EVER) -> Iterator[Row]:
    """Only what differs a day later, as a delta."""
    for row in items(seed, count, terms):
        later = _later(seed, row)
        if later is None:
            yield {"id": row["id"], "gone": True}
        elif later is not row:
            yield later
    yield from _new(seed, count, terms)


def _new(seed: int, count: int, terms: Terms) -> Iterator[Row]:
    for number in range(count + 1, count + 1 + max(1, int(count * NEW))):
        yield item(seed, number, terms)


def _later(seed: int, row: Row) -> Row | None:
    """A row a day later: the row itself where nothing changed, nothing where it is gone."""
    dice = Random(f"{seed}:{row['id']}:tomorrow")
    chance = dice.random()
    if chance < GONE:
        return None
    return _changed(dice, row) if chance < GONE + CHANGED else row


def _changed(dice: Random, row: Row) -> Row:
    offers = [dict(offer) for offer in row["offers"]]
    if dice.random() < 0.5:
        offers[0]["stock"] = not offers[0]["stock"]
    else:
        offers[0]["cost"] = f"{float(offers[0]['cost']) + 0.01:.4f}"
    return {**row, "offers": offers, "popularity": row["popularity"] + dice.randrange(1, 50)}
