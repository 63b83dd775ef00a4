"""`./guerdon staff`: adds people who may sign in to the console and gives them roles, or shuts them out.

The first people of an installation come this way; later ones are granted roles by two people in the console.
A password comes from the environment or is made here and shown once; it is never on a command line, where
others of the machine could read it.
"""

import argparse
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from guerdon.access.grants import Grant, check_grant
from guerdon.access.personas import PERSONAS
from guerdon.access.roles import ROLES, Role
from guerdon.cli.installation import Installation, Refused, installation, refusing
from guerdon.cli.published import live_program
from guerdon.program.model import Program
from guerdon.store.access.grants import load_grants, record_grant, revoke_all_grants
from guerdon.store.access.people import (
    find_login,
    record_account_change,
    record_leaving,
    record_membership,
    record_person,
    record_persona,
)
from guerdon.store.database import transaction
from guerdon.store.programs import list_programs
from guerdon.values.clock import utc_now
from guerdon.values.ids import read
from guerdon.values.money import Money, parse_money

HELP = "add people who may sign in to the console, or change them"
PASSWORD_LETTERS_MIN = 12
BY = "command line"
LEFT = "left"
# What the brand of the example calls its locations: the role is called so, and so may the persona be.
CALLED = {"dealer_manager": "location_manager"}


@dataclass(frozen=True, slots=True)
class NewStaff:
    """Somebody to add: who they are, and each role at each of the markets and locations."""

    email: str
    name: str
    roles: tuple[Role, ...] = ()
    markets: tuple[str, ...] = ()
    locations: tuple[str, ...] = ()
    amount: str | None = None
    # Signs in by password alone, on loopback.
    waived: bool = False
    # The member that they are themselves: nobody signs for what they gain by.
    member: str | None = None
    # Who they are at work: a name for roles, and where their day begins.
    persona: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    kinds = parser.add_subparsers(dest="kind", required=True)
    add = kinds.add_parser("add", help="add somebody, or give them more roles, a new name and password")
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--name", required=True)
    add.add_argument(
        "--role", action="append", default=[], choices=ROLES, help="what they may do; once for each role"
    )
    add.add_argument(
        "--persona",
        default="",
        choices=sorted({*PERSONAS, *CALLED}),
        metavar="WHO",
        help=f"who they are at work, which says the roles: {', '.join(PERSONAS)}",
    )
    add.add_argument("--program", default="", metavar="KEY", help="needed where there are several")
    add.add_argument(
        "--market", action="append", default=[], metavar="KEY", help="only there; once for each market"
    )
    add.add_argument(
        "--location", action="append", default=[], metavar="KEY", help="only there; once for each location"
    )
    add.add_argument("--amount", metavar="'250.00 EUR'", help="the most that they may propose or approve")
    add.add_argument(
        "--member", metavar="mem_...", help="the member that they are: they sign nothing for that"
    )
    add.add_argument("--password-from-env", metavar="VAR", help="else one is made and shown once")
    add.add_argument(
        "--no-second-factor",
        action="store_true",
        help="sign in by password alone: only where nobody but this machine reaches the console",
    )
    remove = kinds.add_parser("remove", help="end somebody's sessions and roles at once")
    remove.add_argument("email", metavar="EMAIL")
    reset = kinds.add_parser(
        "reset", help="let somebody set up a new authenticator or passkey at the next sign-in"
    )
    reset.add_argument("email", metavar="EMAIL")
    kinds.add_parser("list", help="who may sign in")


def run(args: argparse.Namespace) -> int:
    """Add, remove, reset or list."""
    try:
        with installation() as opened:
            # Django reads its settings when it is imported, so it comes after them.
            from guerdon.web.accounts import prepare  # noqa: PLC0415

            prepare(opened.settings)
            {"add": _add, "remove": _remove, "reset": _reset, "list": _list}[args.kind](opened, args)
    except Refused as fault:
        return refusing("staff", fault)
    return 0


def _add(opened: Installation, args: argparse.Namespace) -> None:
    password = _given(args.password_from_env) if args.password_from_env else secrets.token_urlsafe(12)
    who = CALLED.get(args.persona, args.persona)
    roles = dict.fromkeys((*(PERSONAS[who].roles if who else ()), *args.role))
    new = NewStaff(
        args.email,
        args.name.strip(),
        tuple(roles),
        tuple(args.market),
        tuple(args.location),
        args.amount,
        args.no_second_factor,
        args.member,
        who,
    )
    add_staff(opened, args.program, new, password)
    said = f"{args.email} may sign in" + (f" as {', '.join(new.roles)}" if new.roles else "")
    print(said + ("" if args.password_from_env else f", password {password}"))


def add_staff(opened: Installation, program: str, new: NewStaff, password: str) -> None:
    """Let somebody sign in and give them the roles that they do not hold yet; raises `Refused`."""
    from guerdon.web.accounts.attempts import folded  # noqa: PLC0415
    from guerdon.web.accounts.people import enroll_staff  # noqa: PLC0415
    from guerdon.web.accounts.settings import on_loopback  # noqa: PLC0415

    if new.email.count("@") != 1 or not new.name:
        raise Refused("an e-mail address and a name are needed")
    if new.waived and not on_loopback(opened.settings.public_url):
        raise Refused(
            f"{opened.settings.public_url} is reached by others, so everybody needs a second factor there"
        )
    now = utc_now()
    program_id, live = live_program(opened, program)
    wanted = list(_wanted_grants(program_id, live, new, now))
    member_id = read("mem", new.member) if new.member else None
    login = folded(new.email)
    with opened.connect("web") as db, transaction(db, program_id) as tx:
        if find_login(tx, login) is None and not wanted:
            raise Refused(f"somebody new needs a role: --persona, or --role with one of {', '.join(ROLES)}")
        person_id = record_person(tx, program_id, (login, new.name), BY, now)
        if new.member and (
            member_id is None or not record_membership(tx, program_id, person_id, member_id, BY, now)
        ):
            raise Refused(f"there is no member {new.member}")
        held = load_grants(tx, program_id, [person_id]).get(person_id, [])
        known = {(g.role, g.market, g.location, g.unit, g.amount_max) for g in held if g.holds(now)}
        for grant in wanted:
            if (grant.role, grant.market, grant.location, grant.unit, grant.amount_max) not in known:
                record_grant(tx, person_id, grant, BY, now)
        if new.persona:
            record_persona(tx, program_id, person_id, new.persona, BY, now)
    enroll_staff(login, new.name, password, waived=new.waived)


def _wanted_grants(program_id: int, program: Program, new: NewStaff, now: datetime) -> Iterator[Grant]:
    if not new.roles and (new.markets or new.locations or new.amount):
        raise Refused("a market, a location or an amount is a part of a role: give it with --role")
    unknown = [key for key in new.markets if key not in program.markets]
    unknown += [key for key in new.locations if key not in program.locations]
    if unknown:
        raise Refused(f"{program.key} has no market or location {unknown[0]}")
    limit = parse_money(new.amount, program.units) if new.amount else None
    if limit is not None and (not isinstance(limit, Money) or limit.amount_minor <= 0):
        raise Refused(f"{new.amount} is no amount above zero" if isinstance(limit, Money) else limit.what)
    nodes: list[tuple[str | None, str | None]] = [(key, None) for key in new.markets]
    nodes += [(program.locations[key].market, key) for key in new.locations]
    for role in new.roles:
        for market, location in nodes or [(None, None)]:
            wrong = check_grant(role, market, location)
            if wrong:
                raise Refused(wrong)
            yield Grant(
                program_id,
                role,
                now,
                market=market,
                location=location,
                unit=limit.unit if limit else None,
                amount_max=limit.amount_minor if limit else None,
            )


def _given(variable: str) -> str:
    password = os.environ.get(variable, "")
    if len(password) < PASSWORD_LETTERS_MIN:
        raise Refused(f"{variable} holds no password of at least {PASSWORD_LETTERS_MIN} letters")
    return password


def _remove(opened: Installation, args: argparse.Namespace) -> None:
    from guerdon.web.accounts.attempts import folded  # noqa: PLC0415
    from guerdon.web.accounts.people import dismiss_staff  # noqa: PLC0415

    login, now = folded(args.email), utc_now()
    dismissed = dismiss_staff(login)
    with opened.connect("web") as db:
        left = False
        for program_id, _ in list_programs(db):
            with transaction(db, program_id) as tx:
                found = find_login(tx, login)
                if found is None:
                    break
                revoke_all_grants(tx, program_id, found[0], BY, LEFT, now)
                left = left or record_leaving(tx, program_id, login, BY, now) is not None
    if not (dismissed or left):
        raise Refused(f"nobody signs in as {args.email}")
    print(f"{args.email} may not sign in any longer")


def _reset(opened: Installation, args: argparse.Namespace) -> None:
    from guerdon.web.accounts.attempts import folded  # noqa: PLC0415
    from guerdon.web.accounts.people import forget_second_factor  # noqa: PLC0415

    login, now = folded(args.email), utc_now()
    # One transaction around all programs: where nobody is found, nothing was noted.
    with opened.connect("web") as db, db.transaction():
        for program_id, _ in list_programs(db):
            with transaction(db, program_id) as tx:
                record_account_change(tx, program_id, login, "sign_in.reset", now, BY)
        if not forget_second_factor(args.email):
            raise Refused(f"nobody signs in as {args.email}")
    print(f"{args.email} sets up a new authenticator or passkey at the next sign-in")


def _list(opened: Installation, args: argparse.Namespace) -> None:
    from guerdon.web.accounts.people import list_staff  # noqa: PLC0415

    del opened, args
    for email, name, may in list_staff():
        print(f"{email}\t{name}\t{'may sign in' if may else 'may not sign in'}")
