"""Who walks: an account for each persona of the brand, with the grants of its roles at its place."""

from collections.abc import Mapping
from dataclasses import dataclass

from guerdon.access.personas import PERSONAS, PersonaKey
from guerdon.cli.demo.house import DemoHouse
from guerdon.cli.staff import NewStaff, add_staff
from guerdon.store.access.people import find_login, record_persona
from guerdon.store.database import transaction
from guerdon.values.clock import utc_now

PASSWORD = "a password of the journeys"
HERE, NEXT_DOOR = "de-hamburg-hafencity", "de-hamburg-altona"


@dataclass(frozen=True, slots=True)
class Somebody:
    """A person who works at the brand as a persona, at a market or a location where its roles belong."""

    persona: PersonaKey
    name: str
    markets: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()

    @property
    def email(self) -> str:
        return self.name.lower().replace(" ", ".") + "@journeys.example"


PEOPLE: Mapping[str, Somebody] = {
    "vp": Somebody("customer_experience", "Vera Prins"),
    "second": Somebody("customer_experience", "Sami Koski"),
    "marketing": Somebody("marketing_operations", "Mina Orsi", ("DE", "FR", "IT", "ES")),
    "marketing in Italy": Somebody("marketing_operations", "Italo Marche", ("IT",)),
    "loyalty": Somebody("loyalty", "Lou Yaltey", ("DE",)),
    "finance": Somebody("finance", "Fina Nance"),
    "another of finance": Somebody("finance", "Fritz Nance"),
    "compliance": Somebody("compliance", "Conny Pliant"),
    "network": Somebody("network", "Nils Etwork", ("DE",)),
    "manager": Somebody("location_manager", "Maya Nager", locations=(HERE,)),
    "manager next door": Somebody("location_manager", "Nora Nachbar", locations=(NEXT_DOOR,)),
    "after sales": Somebody("after_sales", "Aron Sales", locations=(HERE,)),
    "renewals": Somebody("renewals", "Rena Wals", locations=(HERE,)),
    "care": Somebody("care", "Cara Kind", locations=(HERE,)),
    "retention": Somebody("retention", "Rita Tention", ("DE",)),
    "data": Somebody("crm_team", "Dana Tamm"),
    "developer": Somebody("integrator", "Devon Loper"),
    "auditor": Somebody("auditor", "Audrey Tor"),
    "operator": Somebody("operator", "Opal Rator"),
}


def hire_people(house: DemoHouse) -> None:
    """Let each of them sign in, as the persona that they are."""
    for each in PEOPLE.values():
        persona = PERSONAS[each.persona]
        roles, email = persona.roles, each.email
        new = NewStaff(email, each.name, roles, each.markets, each.locations, waived=True)
        add_staff(house.opened, house.program.key, new, PASSWORD)
        with house.opened.connect("web") as db, transaction(db, house.program_id) as tx:
            found = find_login(tx, email)
            assert found is not None
            record_persona(tx, house.program_id, found[0], each.persona, "journeys", utc_now())
