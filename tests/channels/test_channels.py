"""Every channel is what the engine's port asks for, and says of itself what its provider can."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from tests.channels.parcels import NOW, Clock, Provider, parcel
from tests.channels.push.test_fcm import account_file
from tests.channels.sms.test_twilio import ACCOUNT, TEXT, TOKEN

from guerdon.channels.push.fcm.account import Bearer, read_account
from guerdon.channels.push.fcm.wire import Fcm
from guerdon.channels.push.vapid import Vapid
from guerdon.channels.push.web import WebPush
from guerdon.channels.sms.twilio.callbacks import TwilioListener
from guerdon.channels.sms.twilio.wire import TwilioSms
from guerdon.engine.messages.port import Channel, Device, Listener, Mailbox, Push


def channels() -> dict[str, Channel]:
    asked, clock = Provider([]), Clock()
    vapid = Vapid(generate_private_key(SECP256R1()), "mailto:ops@brand.example")
    return {
        "web": WebPush(asked, vapid, clock),
        "fcm": Fcm(asked, Bearer(asked, read_account(account_file()), clock), clock),
        "twilio": TwilioSms(asked, ACCOUNT, clock),
    }


def test_after_a_lost_answer_one_may_repeat_or_look() -> None:
    # What neither knows a repetition nor can be asked would have to be given up.
    for name, channel in channels().items():
        assert channel.abilities.keyed or channel.abilities.finds, name
        assert channel.abilities.connections > 0, name


def test_only_what_can_be_asked_is() -> None:
    for name, channel in channels().items():
        if not channel.abilities.finds:
            with pytest.raises(NotImplementedError):
                channel.find(parcel(Device(name), Push("a", "b")), NOW)


def test_a_parcel_goes_to_the_channel_it_was_made_for() -> None:
    # Anything else is a mistake of ours, and must not look like the member's.
    for channel in channels().values():
        with pytest.raises(AssertionError):
            channel.send(parcel(Mailbox("ada@example.com"), TEXT))


def test_who_listens_asks_nobody() -> None:
    listener: Listener = TwilioListener(ACCOUNT.sid, [TOKEN])
    assert listener.read("https://brand.example/x", {}, b"", NOW) is None
