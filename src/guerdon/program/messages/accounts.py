"""Accounts with who carries messages: of which provider, by which settings they open, and who sends.

A secret is named as a connection's is and never stands here. An account whose secret an installation does
not hold is not open there: its messages go over their other channels.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from guerdon.program.connections.settings import read_setting
from guerdon.program.places import Place
from guerdon.values.destinations import PORTS, read_destination
from guerdon.values.mail import usable_address

Provider = Literal["twilio"]
PROVIDERS: tuple[Provider, ...] = get_args(Provider)
KINDS = ("sms", "push")
SMS_REQUIRED, SMS_OPTIONAL = ("provider", "account", "secret", "senders"), ("per_second",)
PUSH_FIELDS, WEB_FIELDS, FCM_FIELDS = ("web", "fcm"), ("contact",), ("project", "secret")
DEFAULT = "default"
PER_SECOND_MAX = 1_000
MAILTO = "mailto:"

# A number of ours, one of few digits, a name of at most eleven letters, or a service that picks one of them.
NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
SHORT_CODE = re.compile(r"[0-9]{3,6}")
SENDER_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")
SERVICE = re.compile(r"MG[0-9a-fA-F]{32}")
ACCOUNT = re.compile(r"AC[0-9a-fA-F]{32}")
# The older ones stand below a domain: example.com:loyalty.
PROJECT = re.compile(r"[a-z0-9](?:[a-z0-9.:-]{0,100}[a-z0-9])?")
_COUNTRY = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class SmsAccount:
    """An account that sends text messages; `secret` is the name of a setting.

    `senders` by country of the phone (`DE`), the one called `default` for all others. `pace` is how many
    messages a second it takes where that was agreed; None: the provider says when it is too many.
    """

    provider: Provider
    account: str
    secret: str
    senders: Mapping[str, str]
    pace: int | None = None


def takes_answers(account: SmsAccount | None, country: str) -> bool:
    """Whether whoever gets a message in a country can answer its sender.

    A name cannot be answered. Nor may we say so of a messaging service: it may pick a name by itself.
    """
    if account is None:
        return False
    sender = account.senders.get(country) or account.senders.get(DEFAULT, "")
    return _is_number(sender)


def _is_number(sender: str) -> bool:
    return NUMBER.fullmatch(sender) is not None or SHORT_CODE.fullmatch(sender) is not None


def answering(account: SmsAccount | None) -> frozenset[bool]:
    """Which of the two there is among an account's senders: such as take answers, such as take none."""
    return frozenset(map(_is_number, account.senders.values())) if account is not None else frozenset()


@dataclass(frozen=True, slots=True)
class WebPushAccount:
    """Pushing to browsers: `contact` is where their push services may complain (`mailto:` or https)."""

    contact: str


@dataclass(frozen=True, slots=True)
class FcmAccount:
    """Pushing to an app: its project at Firebase, and the name of the setting with the account's key."""

    project: str
    secret: str


@dataclass(frozen=True, slots=True)
class PushAccounts:
    """Where a program pushes to: browsers, an app, or both."""

    web: WebPushAccount | None = None
    fcm: FcmAccount | None = None


@dataclass(frozen=True, slots=True)
class ChannelAccounts:
    """Everything that a program sends by, besides the installation's mail server."""

    sms: SmsAccount | None = None
    push: PushAccounts = field(default_factory=PushAccounts)


def read_channel_accounts(place: Place | None) -> ChannelAccounts:
    """Read `channels`."""
    if place is None:
        return ChannelAccounts()
    fields = place.fields(optional=KINDS)
    if place.is_empty():
        place.wrong("no account is written", f"add one of {', '.join(KINDS)}, or remove the line")
    return ChannelAccounts(
        _read_sms(fields["sms"]) if "sms" in fields else None,
        _read_push(fields["push"]) if "push" in fields else PushAccounts(),
    )


def _read_sms(place: Place) -> SmsAccount | None:
    fields = place.fields(required=SMS_REQUIRED, optional=SMS_OPTIONAL)
    provider = fields["provider"].one_of(PROVIDERS, "provider") if "provider" in fields else None
    account = fields["account"].word() if "account" in fields else None
    if account is not None and not ACCOUNT.fullmatch(account):
        fields["account"].wrong(
            "an account of Twilio's is AC and 32 digits of hexadecimal",
            "copy the Account SID from Twilio's console; its token goes into the setting",
        )
    secret = read_setting(fields.get("secret"), "account", "TWILIO_TOKEN")
    senders = _read_senders(fields["senders"]) if "senders" in fields else {}
    pace = fields["per_second"].whole(1, PER_SECOND_MAX) if "per_second" in fields else None
    return None if provider is None else SmsAccount(provider, account or "", secret, senders, pace)


def _read_senders(place: Place) -> Mapping[str, str]:
    found = {}
    for country, each in place.table().items():
        sender = each.word()
        if country != DEFAULT and not _COUNTRY.fullmatch(country):
            each.wrong(f"{country[:40]} is no country", f"write DE, or {DEFAULT} for all others")
        elif sender is not None and not _may_send(sender):
            each.wrong(
                f"{sender[:40]!r} cannot send",
                "write a number like +15005550006, a short code, a name of at most 11 plain letters, or the "
                "MG... of a messaging service",
            )
        elif sender is not None:
            found[country] = sender
    if place.is_empty():
        place.wrong("nobody sends", f"write it like {{ {DEFAULT}: +15005550006, DE: NORDLYS }}")
    return found


def _may_send(sender: str) -> bool:
    return any(form.fullmatch(sender) for form in (NUMBER, SHORT_CODE, SENDER_NAME, SERVICE))


def _read_push(place: Place) -> PushAccounts:
    fields = place.fields(optional=PUSH_FIELDS)
    if place.is_empty():
        place.wrong("nothing is pushed to", "add `web:` for browsers, `fcm:` for an app, or remove the line")
    return PushAccounts(
        _read_web(fields["web"]) if "web" in fields else None,
        _read_fcm(fields["fcm"]) if "fcm" in fields else None,
    )


def _read_web(place: Place) -> WebPushAccount | None:
    fields = place.fields(required=WEB_FIELDS)
    contact = fields["contact"].word() if "contact" in fields else None
    if contact is None:
        return None
    if not _may_be_written_to(contact):
        fields["contact"].wrong(
            f"{contact[:60]} is no way to write to you",
            'write "mailto:ops@example.com" or an https address: push services may complain there',
        )
    return WebPushAccount(contact)


def _may_be_written_to(contact: str) -> bool:
    if contact.startswith(MAILTO):
        return usable_address(contact.removeprefix(MAILTO)) is not None
    there = read_destination(contact)
    return there is not None and there.scheme == "https" and there.port == PORTS["https"]


def _read_fcm(place: Place) -> FcmAccount | None:
    fields = place.fields(required=FCM_FIELDS)
    project = fields["project"].word() if "project" in fields else None
    if project is not None and not PROJECT.fullmatch(project):
        fields["project"].wrong(
            f"{project[:60]} is no project at Firebase", "write its id, like nordlys-circle, not its name"
        )
    return FcmAccount(project or "", read_setting(fields.get("secret"), "account", "FCM_ACCOUNT"))
