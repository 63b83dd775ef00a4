"""Whose account a token opens: a token of another account writes into other people's CRM."""

import msgspec

from guerdon.connectors.hubspot.api.calls import Api, reading
from guerdon.connectors.hubspot.api.outcomes import Done, Outcome, refused


class Account(msgspec.Struct, frozen=True, rename="camel"):
    """The account."""

    portal_id: int
    time_zone: str = ""
    company_currency: str = ""
    account_type: str = ""
    ui_domain: str = ""


_read_account = msgspec.json.Decoder(Account).decode
OTHER_PORTAL = "OTHER_PORTAL"


def account(api: Api) -> Outcome[Account]:
    """The account that the token opens."""
    return api.ask(reading(api.place.path("account")), _read_account)


def account_of(api: Api, portal: int) -> Outcome[Account]:
    """The account, if it is the one meant; refused as `OTHER_PORTAL` if it is not."""
    outcome = account(api)
    if isinstance(outcome, Done) and outcome.answer.portal_id != portal:
        found = outcome.answer.portal_id
        return refused(OTHER_PORTAL, f"the token opens portal {found}, and {portal} is declared")
    return outcome
