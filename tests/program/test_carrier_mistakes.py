"""Mistakes in accounts with who carries messages, each with its line, place and a hint; and what they mean.

Each row changes spoken.yaml in one place and names a part of the text of the line, the place, a part of what
is said and a part of the hint.
"""

import pytest
from tests.program.programs import SMALL, SPOKEN, found_in, read_changed, read_whole

from guerdon.program.diff import summary
from guerdon.program.editing.completion import complete
from guerdon.program.load import read_program
from guerdon.program.messages.accounts import (
    ChannelAccounts,
    FcmAccount,
    PushAccounts,
    SmsAccount,
    WebPushAccount,
)
from guerdon.program.model import Program

SID = "AC0123456789abcdef0123456789abcdef"
SERVICE = "MG0123456789abcdef0123456789abcdef"
SENDERS = f'senders: {{ default: "+15005550006", DE: HARBOR, FR: 38600, GB: {SERVICE} }}'
WEB = 'web: { contact: "mailto:ops@harbor.example" }'
FCM = "fcm: { project: harbor-club, secret: FCM_ACCOUNT }"
SMS_LINES = SPOKEN[SPOKEN.index("  sms:\n    provider") : SPOKEN.index("  push:\n    web")]
PUSH_LINES = SPOKEN[SPOKEN.index("  push:\n    web") :]

CASES = [
    ("provider: twilio", "provider: twillio", "provider:", "sms.provider", "unknown provider", "twilio"),
    ("    provider: twilio\n", "", "  sms:", "sms", "provider is missing", "add"),
    (SID, "AC1", "account: AC", "sms.account", "32 digits of hexadecimal", "Account SID"),
    (SID, "SK" + SID[2:], "account: SK", "sms.account", "32 digits of hexadecimal", "token goes into"),
    (f"    account: {SID}\n", "", "  sms:", "sms", "account is missing", "add"),
    ("TWILIO_TOKEN", "s3cr3t-token", "secret: s3", "sms.secret", "not the name of a setting", "TWILIO_TOKEN"),
    ("TWILIO_TOKEN", "GUERDON_SECRET", "secret: GU", "sms.secret", "setting of Guerdon itself", "its own"),
    ("    secret: TWILIO_TOKEN\n", "", "  sms:", "sms", "secret is missing", "add"),
    (f"    {SENDERS}\n", "", "  sms:", "sms", "senders is missing", "add"),
    (SENDERS, "senders: {}", "senders:", "sms.senders", "nobody sends", "default"),
    ("DE: HARBOR", "de: HARBOR", "senders:", "sms.senders.de", "de is no country", "DE"),
    ("DE: HARBOR", "DEU: HARBOR", "senders:", "sms.senders.DEU", "DEU is no country", "default"),
    ("DE: HARBOR", "DE: HARBOR MASTERS", "senders:", "sms.senders.DE", "cannot send", "11 plain letters"),
    ("DE: HARBOR", "DE: HÄFEN", "senders:", "sms.senders.DE", "cannot send", "+15005550006"),
    ("DE: HARBOR", "DE: 0151 123", "senders:", "sms.senders.DE", "cannot send", "number"),
    ("DE: HARBOR", "DE: +49", "senders:", "sms.senders.DE", "cannot send", "number"),
    ("DE: HARBOR", 'DE: "HAR\\r\\nTo"', "senders:", "sms.senders.DE", "cannot send", "short code"),
    ("DE: HARBOR", 'DE: ""', "senders:", "sms.senders.DE", "nothing is written", ""),
    ("FR: 38600", "FR: 38", "senders:", "sms.senders.FR", "cannot send", "short code"),
    (SERVICE, SERVICE[:-1], "senders:", "sms.senders.GB", "cannot send", "MG..."),
    ("per_second: 10", "per_second: 0", "per_second:", "sms.per_second", "whole number from 1 to 1000", ""),
    ("per_second: 10", "pace: 10", "pace:", "sms.pace", "unknown key pace", ""),
    ("mailto:ops@harbor.example", "ops@harbor.example", "web:", "push.web.contact", "no way", "mailto:"),
    ("mailto:ops@harbor.example", "mailto:ops", "web:", "push.web.contact", "no way to write", "mailto:"),
    ("mailto:ops@harbor.example", "http://harbor.example", "web:", "push.web.contact", "no way", "https"),
    (WEB, "web: {}", "web:", "push.web", "contact is missing", "add"),
    ("harbor-club,", "Harbor Club,", "fcm:", "push.fcm.project", "no project at Firebase", "its id"),
    ("project: harbor-club, ", "", "fcm:", "push.fcm", "project is missing", "add"),
    ("FCM_ACCOUNT", '"{}"', "fcm:", "push.fcm.secret", "not the name of a setting", "FCM_ACCOUNT"),
    (", secret: FCM_ACCOUNT", "", "fcm:", "push.fcm", "secret is missing", "add"),
    (FCM, "apns: {}", "apns:", "push.apns", "unknown key apns", ""),
    (PUSH_LINES, "  push: {}\n", "  push:", "push", "nothing is pushed to", "web:"),
    (PUSH_LINES, "  whatsapp: {}\n", "  whatsapp:", "whatsapp", "unknown key whatsapp", ""),
    (SMS_LINES + PUSH_LINES, "  {}\n", "channels:", "", "no account is written", "sms, push"),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[3]}: {case[4]}"[:60])
def test_a_mistake_has_its_line_and_a_hint(case: tuple[str, str, str, str, str, str]) -> None:
    old, new, at, where, what, hint = case
    assert SPOKEN.count(old) == 1
    lines = SPOKEN.replace(old, new).splitlines()
    start = lines.index("channels:")
    line = next(number for number, each in enumerate(lines[start:], start + 1) if at in each)
    path = f"channels.{where}" if where else "channels"
    assert found_in(SPOKEN, (old, new, line, path, what, hint))


def test_a_secret_written_into_a_program_is_not_repeated() -> None:
    said = read_changed(SPOKEN, "TWILIO_TOKEN", "0123456789abcdef-token")
    assert "0123456789abcdef-token" not in "\n".join(map(str, said))


def test_accounts_are_read_as_they_are_written() -> None:
    program = read_whole(SPOKEN)
    senders = {"default": "+15005550006", "DE": "HARBOR", "FR": "38600", "GB": SERVICE}
    assert program.channels == ChannelAccounts(
        SmsAccount("twilio", SID, "TWILIO_TOKEN", senders, 10),
        PushAccounts(WebPushAccount("mailto:ops@harbor.example"), FcmAccount("harbor-club", "FCM_ACCOUNT")),
    )
    assert read_program(program.text) == program


def test_without_accounts_a_program_is_as_it_was() -> None:
    assert read_whole(SMALL).channels == ChannelAccounts()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("DE: HARBOR,", "DE: HAVEN,", "Accounts of channels, sms sender in Germany: HARBOR → HAVEN"),
        ("per_second: 10", "per_second: 5", "Accounts of channels, sms messages a second: 10 → 5"),
        ("TWILIO_TOKEN", "TEXT_TOKEN", "Accounts of channels, sms setting with the secret: TWILIO_TOKEN"),
        ("harbor-club,", "harbor-two,", "Accounts of channels, push fcm project: harbor-club → harbor-two"),
        (
            "mailto:ops@harbor.example",
            "mailto:it@harbor.example",
            "Accounts of channels, push web address for complaints",
        ),
    ],
)
def test_a_change_of_an_account_is_told(old: str, new: str, told: str) -> None:
    before = read_whole(SPOKEN)
    after = read_program(SPOKEN.replace(old, new))
    assert isinstance(after, Program)
    said = summary(before, after, "en")
    assert len(said) == 1
    assert told in str(said[0])


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("  ", {"sms: ", "push: "}),
        ("  sms:\n    ", {"provider: ", "account: ", "secret: ", "senders: ", "per_second: "}),
        ("  sms:\n    provider: ", {"twilio"}),
        ("  push:\n    ", {"web: ", "fcm: "}),
        ("  push:\n    fcm:\n      ", {"project: ", "secret: "}),
    ],
)
def test_its_words_are_offered(line: str, offered: set[str]) -> None:
    text = SPOKEN[: SPOKEN.index("channels:\n  sms:\n    provider")] + "channels:\n" + line
    lines = text.split("\n")
    assert offered <= set(complete(text, len(lines), len(lines[-1])).options)
