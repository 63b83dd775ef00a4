"""The suppliers' tables of fields: well formed, complete for every address, nothing beside them taken."""

import pytest
from standins.fcm.api import Fcm
from standins.runa.api import Runa
from standins.suppliers.application import Vendor
from standins.suppliers.table import PLAIN, TRUSTS, Field
from standins.tremendous.api import Tremendous
from standins.twilio.api import Twilio

VENDORS = [Tremendous(), Runa(), Twilio(), Fcm()]
ROWS_LEAST = 150


def parts(row: Field) -> list[str]:
    return [part.rstrip("?").strip("[]{}").rstrip("?") for part in row.kind.split("|")]


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: type(vendor).__name__)
def test_every_row_is_trusted_as_far_as_it_says_and_every_shape_is_there(vendor: Vendor) -> None:
    table = vendor.table
    assert len(table.rows) > ROWS_LEAST
    assert [row for row in table.rows if row.trust not in TRUSTS or not row.source] == []
    assert len({(row.shape, row.name) for row in table.rows}) == len(table.rows)
    kinds = [part for row in table.rows if row.name and row.shape != "figures" for part in parts(row)]
    named = {kind[1:] for kind in kinds if kind.startswith("@")}
    plain = {kind for kind in kinds if not kind.startswith(("@", "one:", "str<="))}
    assert named <= set(table.shapes)
    assert plain <= set(PLAIN)
    wanted = {shape for route in vendor.routes for shape in (route.query, route.body, *route.answers)}
    assert wanted - {None} <= set(table.shapes)


@pytest.mark.parametrize("vendor", VENDORS, ids=lambda vendor: type(vendor).__name__)
def test_an_invented_field_is_found_in_every_shape_of_a_request(vendor: Vendor) -> None:
    bodies = {route.body for route in vendor.routes if route.body is not None}
    for shape in sorted(bodies):
        found = vendor.table.problem(shape, {"invented": 1})
        assert found is not None
        assert found.place == ("invented",)
    for route in vendor.routes:
        found = vendor.table.query_problem(route.query, [("invented", "1")])
        assert found is not None, route.path
