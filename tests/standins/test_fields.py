"""The table of fields: complete, well formed, and nothing beside it is accepted."""

import pytest
from standins.hubspot.api.routes import ANSWERS, ROUTES, Route
from standins.hubspot.fields import PLAIN, TRUSTS, problem, rows, shapes
from tests.standins.house import CONTACTS, VERSION, Stand


def named(kind: str) -> str | None:
    inner = kind.strip("[]{}?")
    return inner[1:] if inner.startswith("@") else None


def test_every_row_says_how_far_it_is_trusted_and_where_it_is_from() -> None:
    assert len(rows()) > 400
    assert [row for row in rows() if row.trust not in TRUSTS or not row.source] == []


def test_every_kind_is_known_and_every_shape_that_is_named_is_there() -> None:
    kinds = [row.kind for row in rows() if row.name]
    assert {kind.strip("[]{}?") for kind in kinds if named(kind) is None} <= set(PLAIN)
    assert {named(kind) for kind in kinds if named(kind) is not None} <= set(shapes())


def test_no_row_is_there_twice() -> None:
    assert len({(row.shape, row.name) for row in rows()}) == len(rows())


def test_every_address_has_its_fields_in_the_table() -> None:
    wanted = {name for route in ROUTES for name in (route.body, route.query, route.form) if name is not None}
    assert wanted | {shape for found in ANSWERS.values() for shape in found} <= set(shapes())


@pytest.mark.parametrize("shape", sorted({route.body for route in ROUTES if route.body is not None}))
def test_an_invented_field_is_found_in_any_body(shape: str) -> None:
    found = problem(shape, {"invented": 1})
    assert found is not None
    assert "invented" in found


def path_of(route: Route) -> str:
    version = route.versions[-1]
    named_parts = {
        "version": version,
        "objectType": "contacts",
        "fromObjectType": "contacts",
        "end": "latest",
    }
    parts = [part for part in route.template.split("/") if part]
    known = {
        "toObjectType": "deals",
        "journal": "journal",
        "count": "1",
        "subscriptionId": "1",
        **named_parts,
    }
    return "/" + "/".join(known.get(part[1:-1], "101") if part.startswith("{") else part for part in parts)


def test_an_invented_field_parameter_or_header_is_refused_at_every_address(hubspot: Stand) -> None:
    hubspot.control("POST", "/limits", {"on": False})
    for route in ROUTES:
        path = path_of(route)
        form = {"invented": "1"} if route.form is not None else None
        body = {"invented": 1} if route.body is not None else None
        for asked, more in ((path + "?invented=1", {}), (path, {"X-Invented": "1"})):
            said = hubspot.ask(route.method, asked, body, form=form, headers=more)
            assert said.status == 400, (route.method, path, said)
            assert said.body["category"] == "VALIDATION_ERROR"
        if route.body is not None:
            said = hubspot.ask(route.method, path, body)
            assert said.status == 400, (path, said)
            assert "invented" in said.body["message"]


def test_an_error_has_the_shape_of_hubspots(hubspot: Stand) -> None:
    said = hubspot.ask("POST", CONTACTS, {"properties": {"firstname": 1}})
    assert said.status == 400
    assert said.body["status"] == "error"
    assert said.body["category"] == "VALIDATION_ERROR"
    assert len(said.body["correlationId"]) == 36
    assert "firstname must be a string" in said.body["message"]


@pytest.mark.parametrize("version", ["2025-09", "2027-03", "v2", "latest"])
def test_a_version_that_is_not_documented_is_not_there(hubspot: Stand, version: str) -> None:
    assert hubspot.ask("GET", f"/crm/objects/{version}/contacts").status == 404


def test_another_method_is_not_allowed_and_another_type_of_body_neither(hubspot: Stand) -> None:
    assert hubspot.ask("PUT", CONTACTS, {}).status == 405
    assert hubspot.ask("POST", CONTACTS, form={"properties": "1"}).status == 415
    assert (
        hubspot.ask("GET", f"/account-info/{VERSION}/details", headers={"Accept": "text/xml"}).status == 400
    )
