"""Facts as rows of a table, and expressions asked of PostgreSQL: many, over many rows, in one query."""

from collections.abc import Sequence
from datetime import datetime

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb
from tests.expressions.author import EVENT, SHAPE, VEHICLE, WINDOWS, Facts, google_window

from guerdon.expressions import Expression, Type
from guerdon.expressions.sql_code import Columns, Rows, sql_code

_TYPES = {Type.BOOL: "boolean", Type.INT: "int8", Type.STRING: "text", Type.TIMESTAMP: "timestamptz"}
_FIELDS = {
    **{("event", name): kind for name, kind in EVENT.items()},
    **{("member", name): kind for name, kind in SHAPE.items()},
}
_KEYS = [google_window(each) for each in WINDOWS]
# A session that would answer otherwise, if anything hung on it.
_SESSION = (
    "set time zone 'America/Los_Angeles'; set datestyle = 'SQL, DMY'; set intervalstyle = 'sql_standard'"
)


def columns_for(expression: Expression) -> Columns:
    windows = {each: f"f.w{_KEYS.index(each.key)}" for each in expression.windows}
    read = {name: f"(item ->> '{name}')::{_TYPES[kind]}" for name, kind in VEHICLE.items()}
    vehicles = Rows("jsonb_array_elements(f.vehicles) as item", read)
    return Columns({key: f"f.{key[0]}_{key[1]}" for key in _FIELDS}, windows, {"vehicle": vehicles})


def open_table(address: str) -> psycopg.Connection:
    """Connect and make the table of facts, which is gone with the connection."""
    connection = psycopg.connect(address, autocommit=True)
    connection.execute(_SESSION)
    columns = [f"{owner}_{name} {_TYPES[kind]}" for (owner, name), kind in _FIELDS.items()]
    columns += [f"w{place} int8" for place, _ in enumerate(_KEYS)]
    statement = f"create temp table f (id int primary key, vehicles jsonb, {', '.join(columns)})"
    connection.execute(statement)
    return connection


def fill_table(connection: psycopg.Connection, rows: Sequence[Facts]) -> None:
    """Make these the only rows."""
    connection.execute("truncate f")
    values = [
        (
            *(place, Jsonb([_shown(each) for each in _vehicles(facts)])),
            *(facts[owner].get(name) for owner, name in _FIELDS),
            # No row of a window is none counted.
            *(facts["member"][key] or None for key in _KEYS),
        )
        for place, facts in enumerate(rows)
    ]
    marks = sql.SQL(", ").join(sql.Placeholder() * len(values[0]))
    with connection.cursor() as cursor:
        cursor.executemany(sql.SQL("insert into f values ({})").format(marks), values)


def answers_of_postgres(
    connection: psycopg.Connection, expressions: Sequence[Expression]
) -> list[list[object]]:
    """One list for each row, with the answer of each."""
    codes = [sql_code(each, columns_for(each), prefix=f"c{place}_") for place, each in enumerate(expressions)]
    params = {name: value for code in codes for name, value in code.params.items()}
    statement = f"select {', '.join(code.text for code in codes)} from f order by id"  # noqa: S608
    return [list(row) for row in connection.execute(statement.encode(), params).fetchall()]


def _vehicles(facts: Facts) -> list[dict[str, object]]:
    vehicles = facts["member"]["holds(vehicle)"]
    assert isinstance(vehicles, list)
    return vehicles


def _shown(vehicle: dict[str, object]) -> dict[str, object]:
    return {
        name: value.isoformat() if isinstance(value, datetime) else value for name, value in vehicle.items()
    }
