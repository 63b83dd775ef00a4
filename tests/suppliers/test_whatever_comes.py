"""Whatever a supplier answers: no fault, and nothing is taken for done that does not say so."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from tests.suppliers.desk import NOW, answered, opened, order
from tests.suppliers.test_runa_orders import their_order as of_runa
from tests.suppliers.test_tremendous_orders import their_order as of_tremendous

from guerdon.engine.orders.port import Placed, Rejected

KINDS = st.sampled_from(["tremendous", "runa"])
STATUSES = st.sampled_from([102, 200, 201, 202, 204, 301, 400, 401, 402, 404, 409, 422, 429, 500, 503])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WHOLE = {"tremendous": of_tremendous(), "runa": of_runa()}


def ask_all(kind: str, body: bytes, status: int) -> list[object]:
    """Ask everything that there is, each of it answered by the same."""
    questions: list[Any] = [
        lambda s: s.place(order()),
        lambda s: s.find(order()),
        lambda s: s.fetch("ORDER1", order()),
        lambda s: s.cancel("ORDER1"),
        lambda s: s.balance(),
        lambda s: s.list_items(None),
        lambda s: s.list_orders(NOW, None),
    ]
    return [each(opened(kind, *[answered(body, status)] * 25)[0]) for each in questions]


@given(KINDS, st.binary(max_size=300), STATUSES)
def test_bytes_are_never_an_order_that_is_done(kind: str, body: bytes, status: int) -> None:
    assert not any(isinstance(told, Placed) for told in ask_all(kind, body, status))


@given(KINDS, ANYTHING, STATUSES)
def test_json_of_any_form_is_never_an_order_that_is_done(kind: str, said: object, status: int) -> None:
    assert not any(isinstance(told, Placed) for told in ask_all(kind, json.dumps(said).encode(), status))


def places(said: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of an answer, all of them."""
    found = [path] if path else []
    below = said.items() if isinstance(said, dict) else enumerate(said) if isinstance(said, list) else ()
    return found + [place for name, each in below for place in places(each, (*path, name))]


PLACES = [(kind, place) for kind, said in WHOLE.items() for place in places(said)]


@given(st.sampled_from(PLACES), ANYTHING)
def test_an_answer_with_something_else_in_one_place_is_whole_or_not_done(
    where: tuple[str, tuple[Any, ...]], instead: object
) -> None:
    kind, path = where
    said = json.loads(json.dumps(WHOLE[kind]))
    inside = said
    for name in path[:-1]:
        inside = inside[name]
    inside[path[-1]] = instead
    told = opened(kind, *[answered(said)] * 3)[0].place(order())
    # Money may have moved: it is not said that it has not, unless they say so.
    if isinstance(told, Rejected):
        assert path[-1] == "status"
    if isinstance(told, Placed):
        assert type(told.face_minor) is int
        assert told.face_minor >= 0
        assert told.credentials[0].text.startswith("http")
