"""Letters: messages as members read them: a mail with a text of its own, an SMS, a push, a notice in the app.

No letter holds a code that is worth something, nor anything that reports who opened it: the button leads to a
page, and that page is the proof.
"""

from guerdon.text.letters.layout import NO_WAYS, Dress, Mail, Ways, dressed, mail_language
from guerdon.text.letters.orders import OrderNews, PlaceOffered, render_order_news, render_place_offered
from guerdon.text.letters.own import Own, write_own_inapp, write_own_mail, write_own_push, write_own_sms
from guerdon.text.letters.proofs import (
    ConfirmConsent,
    Proof,
    channel_name,
    render_anchor,
    render_confirm_consent,
    render_contact_changed,
    render_proof,
    write_code,
    write_contact_changed,
)
from guerdon.text.letters.rewards import RewardNews, RewardReady, render_reward_news, render_reward_ready
from guerdon.text.letters.short import (
    Notice,
    PushText,
    WayOut,
    says_stop,
    with_way_out,
    write_inapp,
    write_push,
    write_sms,
)

__all__ = [
    "NO_WAYS",
    "ConfirmConsent",
    "Dress",
    "Mail",
    "Notice",
    "OrderNews",
    "Own",
    "PlaceOffered",
    "Proof",
    "PushText",
    "RewardNews",
    "RewardReady",
    "WayOut",
    "Ways",
    "channel_name",
    "dressed",
    "mail_language",
    "render_anchor",
    "render_confirm_consent",
    "render_contact_changed",
    "render_order_news",
    "render_place_offered",
    "render_proof",
    "render_reward_news",
    "render_reward_ready",
    "says_stop",
    "with_way_out",
    "write_code",
    "write_contact_changed",
    "write_inapp",
    "write_own_inapp",
    "write_own_mail",
    "write_own_push",
    "write_own_sms",
    "write_push",
    "write_sms",
]
