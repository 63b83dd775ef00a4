"""Who invited whom on a page: codes are made when they are first needed, so a page names the member."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import get_args

from guerdon.engine.referrals.claiming import Claim, Origin, claim
from guerdon.engine.referrals.codes import code_of
from guerdon.engine.referrals.settling import Verdict, Word, settle
from guerdon.engine.scenarios.people import People
from guerdon.engine.scenarios.scenario import (
    Called,
    Contact,
    Happening,
    Invited,
    Inviter,
    PropertyChange,
    Settled,
)
from guerdon.program.model import Program
from guerdon.program.places import Place
from guerdon.program.schemes import Scheme
from guerdon.queries.happenings import list_pairs, member_of
from guerdon.store.database import Transaction
from guerdon.store.sealing import Vault

INVITER = ("invited_by", "scheme")
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
EXAMPLE = "event: { member: bob, type: code.used, invited_by: ada }"
_REASON = "looked at it"


def read_inviter(fields: Mapping[str, Place], people: People, event: str | None = None) -> Inviter | None:
    """Read `invited_by` and `scheme`: by whose code, of which scheme; of an event, the one it claims by."""
    by = fields.get("invited_by")
    if by is None:
        if "scheme" in fields:
            fields["scheme"].wrong("it does not say who invited", "add `invited_by:`")
        return None
    name = people.name(by)
    schemes = people.program.referrals
    if not schemes:
        by.wrong("the program has no referrals", "declare them, or leave the line out")
        return None
    fitting = {key: each for key, each in schemes.items() if event in (None, each.claim_event)}
    if not fitting:
        claims = " or ".join(sorted({each.claim_event for each in schemes.values()}))
        by.wrong(f"{event} carries no code", f"an invitation is told by {claims}")
        return None
    if "scheme" in fields:
        key = fields["scheme"].one_of(fitting, "scheme")
    elif len(fitting) > 1:
        by.wrong("there are several schemes", f"add `scheme:`, {' or '.join(fitting)}")
        return None
    else:
        key = next(iter(fitting))
    return None if name is None or key is None else Inviter(name, key)


def read_claim(place: Place, people: People) -> Invited | None:
    """Read `claim: { member, invited_by, device, network }`: a friend says the code on our own page."""
    fields = place.fields(["member", "invited_by"], ["scheme", "device", "network"])
    name = people.name(fields["member"]) if "member" in fields else None
    inviter = read_inviter(fields, people)
    device, network = (fields[key].word() if key in fields else None for key in ("device", "network"))
    return None if name is None or inviter is None else Invited(name, inviter, device or "", network or "")


def read_settlement(place: Place, people: People) -> Settled | None:
    """Read `settle: { member, say: release }`: a person looks at a friend's pair that is held."""
    fields = place.fields(["member", "say"])
    name = people.name(fields["member"]) if "member" in fields else None
    verdict = fields["say"].one_of(VERDICTS, "verdict") if "say" in fields else None
    return None if name is None or verdict is None else Settled(name, verdict)


class Invitations:
    """The invitations of a run: one program, its people by name, and whose codes there are."""

    def __init__(self, program_id: int, contacts: Mapping[str, Contact], vault: Vault) -> None:
        self.program_id, self.contacts, self.vault = program_id, contacts, vault

    def code(self, tx: Transaction, inviter: Inviter, now: datetime) -> str | None:
        """A member's code, made at the first asking; None of somebody who is no member yet."""
        member = member_of(tx, self.contacts[inviter.name].subject)
        if member is None:
            return None
        return code_of(tx, self.vault, (self.program_id, inviter.scheme, member), "scenarios", now)

    def said(self, tx: Transaction, change: PropertyChange, now: datetime) -> PropertyChange | None:
        """A change that tells whose code was used, as the vendor tells it; None where there is no code."""
        if change.invited_by is None:
            return change
        code = self.code(tx, change.invited_by, now)
        return None if code is None else replace(change, value=code)

    def called(self, tx: Transaction, step: Called, now: datetime) -> Called | None:
        """Events with their codes; None where there is none."""
        events = []
        for number, event in enumerate(step.events):
            inviter = step.inviters.get(number)
            if inviter is None:
                events.append(event)
                continue
            code = self.code(tx, inviter[0], now)
            if code is None:
                return None
            data = event["data"]
            assert isinstance(data, dict)
            events.append({**event, "data": {**data, inviter[1]: code}})
        return replace(step, events=tuple(events))

    def claim(self, tx: Transaction, step: Invited, scheme: Scheme, now: datetime) -> list[Happening]:
        """Claim on our own page."""
        code = self.code(tx, step.inviter, now)
        member = member_of(tx, self.contacts[step.name].subject)
        if code is None or member is None:
            return [no_member(step.inviter.name if code is None else step.name)]
        origin = Origin(step.device, step.network)
        came = claim(tx, self.vault, Claim(self.program_id, scheme, member, code, origin, "scenarios", now))
        return [Happening("duplicate", {})] if came == "repeated" else []

    def settle(self, tx: Transaction, program: Program, step: Settled, now: datetime) -> list[Happening]:
        """Say what is to become of a friend's pair that is held."""
        subject = self.contacts[step.name].subject
        held = next((row for row in list_pairs(tx) if row.friend == subject and row.state == "held"), None)
        if held is None:
            return [Happening("not settled", {"member": step.name, "because": "none is held"})]
        word = Word(held.id, step.verdict, _REASON, "scenarios", (), now)
        why = settle(tx, self.vault, (self.program_id, program), word)
        return [] if why is None else [Happening("not settled", {"member": step.name, "because": why})]

    def pairs(self, tx: Transaction) -> list[Happening]:
        """How pairs stand: one for each reason, or one without."""
        names = {contact.subject: name for name, contact in self.contacts.items()}
        found = []
        for row in list_pairs(tx):
            facts = {"member": names.get(row.friend, row.friend), "state": row.state}
            if row.referrer is not None:
                facts["invited_by"] = names.get(row.referrer, row.referrer)
            found += [Happening("pair", {**facts, "reason": reason}) for reason in row.reasons]
            if not row.reasons:
                found.append(Happening("pair", facts))
        return found


def no_member(name: str) -> Happening:
    """Nobody has a code, or claims, before they are a member."""
    return Happening("not invited", {"because": f"{name} is no member yet"})
