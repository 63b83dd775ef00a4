"""Every address there is, and who may ask for it: the one table that guards read.

A pattern stands here as Django spells it; doors beside Django are spelled the same way. What has no row
answers to nobody, and fails a test: a new address is a decision about who may.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from guerdon.access.policy import Area, Power
from guerdon.store.access.api_keys import KeyScope

# anyone: no session is needed; staff: a session, and the right below; member: whoever has the link;
# key: an API key, by its scopes; signature: a vendor's webhook.
# location: staff, too, as far as the right reaches the location in the address.
Who = Literal["anyone", "staff", "location", "member", "key", "signature"]
CONSOLE = "console/<slug:key>/"
LOCATION = "location/<slug:key>/<slug:location>"
API = "api/v1/"


@dataclass(frozen=True, slots=True)
class Row:
    """Who may read an address (GET) and what they need to change something there (POST)."""

    who: Who
    area: Area | None = None
    read: Power = "read"
    change: Power | None = None
    # What an API key needs there.
    scope: KeyScope | None = None


ROUTES: Mapping[str, Row] = {
    "": Row("anyone"),
    "account/sign-in": Row("anyone"),
    "account/sign-in/passkey": Row("anyone"),
    "account/sign-in/passkey/challenge": Row("anyone"),
    "account/second-factor": Row("anyone"),
    "account/second-factor/new": Row("anyone"),
    "account/second-factor/passkey": Row("anyone"),
    # One's own, in no program: without a session both lead to the sign-in.
    "account/passkeys": Row("anyone"),
    "account/passkeys/challenge": Row("anyone"),
    "account/sign-out": Row("anyone"),
    "account/signed-out": Row("anyone"),
    "account/single-sign-on": Row("anyone"),
    "account/single-sign-on/return": Row("anyone"),
    # Whoever has the link; used or over, it says so.
    "account/invitation/<str:token>": Row("anyone"),
    # The first administrator's link; where anybody is already, it says so.
    "account/first/<str:token>": Row("anyone"),
    # For whoever signed in before there was a program; afterwards it leads on to the console.
    "setup": Row("anyone"),
    "account/preferences": Row("anyone"),
    # Their own, that is: for all others it is not there.
    "account/kept/<int:number>": Row("anyone"),
    "static/<slug:version>/<path:name>": Row("anyone"),
    # Colors, at an address that changes with them.
    "brand/<slug:key>/<slug:mark>.css": Row("anyone"),
    # Logos, icons and typefaces, in the same way.
    "brand/<slug:key>/files/<slug:mark>.<slug:ending>": Row("anyone"),
    "console/": Row("anyone"),
    CONSOLE: Row("staff", "figures"),
    CONSOLE + "stream": Row("staff", "figures"),
    CONSOLE + "live": Row("staff", "figures"),
    # Whom one looks for is posted, so that it stands in no address.
    CONSOLE + "find": Row("staff", "members", change="read"),
    # One's own; of lists that one may open.
    CONSOLE + "views": Row("staff", "members", change="read"),
    # And who may open the list itself: what lies in both is in the file.
    CONSOLE + "exports/<str:file>": Row("staff", "exports", "write"),
    CONSOLE + "members": Row("staff", "members", change="read"),
    CONSOLE + "members/<slug:member>": Row("staff", "members"),
    # Who it is, for whoever says why.
    CONSOLE + "members/<slug:member>/unmask": Row("staff", "members", "unmask", "unmask"),
    # Whoever may adjust by hand.
    CONSOLE + "members/<slug:member>/rewards/<slug:reward>": Row("staff", "ledger", "write", "write"),
    # Whoever sees persons unmasked hands their data over, and erases them.
    CONSOLE + "members/<slug:member>/privacy": Row("staff", "members", "unmask", "unmask"),
    CONSOLE + "members/<slug:member>/privacy/certificate": Row("staff", "members", "unmask"),
    CONSOLE + "members/<slug:member>/messages": Row("staff", "members"),
    # Whoever may give rewards helps members who did not hear of them.
    CONSOLE + "members/<slug:member>/messages/<slug:message>": Row("staff", "members", change="read"),
    CONSOLE + "messages": Row("staff", "members"),
    CONSOLE + "messages/figures.csv": Row("staff", "members"),
    # A test goes to whoever asks for it, and to nobody else.
    CONSOLE + "messages/<str:message>": Row("staff", "members", change="read"),
    CONSOLE + "messages/<str:message>/mail": Row("staff", "members"),
    # Whoever is asked why: they see the member and their events already.
    CONSOLE + "why": Row("staff", "members", change="read"),
    CONSOLE + "why/<slug:event>": Row("staff", "members"),
    CONSOLE + "try": Row("staff", "rules", "write", "write"),
    # Figures of all, and members of theirs for whoever may see these.
    # Whoever writes rules; who lets one go, its page asks.
    CONSOLE + "broadcasts": Row("staff", "rules", change="write"),
    CONSOLE + "broadcasts/<slug:broadcast>": Row("staff", "rules", change="write"),
    CONSOLE + "segments": Row("staff", "figures"),
    CONSOLE + "segments/<slug:segment>": Row("staff", "figures"),
    CONSOLE + "rewards": Row("staff", "members"),
    CONSOLE + "catalog": Row("staff", "catalog"),
    # How the catalog is read in: the whole program's, so not for whoever looks after a part.
    CONSOLE + "catalog/feeds": Row("staff", "catalog", change="write"),
    CONSOLE + "catalog/feeds/<slug:feed>": Row("staff", "catalog"),
    CONSOLE + "catalog/syncs/<slug:sync>": Row("staff", "catalog", change="write"),
    CONSOLE + "catalog/<slug:item>": Row("staff", "catalog", change="write"),
    # Members of theirs, and what is worth money: codes are shown to nobody but their member.
    CONSOLE + "orders": Row("staff", "redemption"),
    CONSOLE + "orders/<slug:order>": Row("staff", "redemption", change="write"),
    CONSOLE + "cases": Row("staff", "redemption"),
    CONSOLE + "pools": Row("staff", "redemption", change="write"),
    CONSOLE + "suppliers": Row("staff", "redemption", change="write"),
    # Money that went out, or was charged, and should not have been.
    CONSOLE + "reconciliation": Row("staff", "ledger", change="write"),
    CONSOLE + "reconciliation/differences.csv": Row("staff", "ledger"),
    CONSOLE + "reconciliation/<slug:difference>": Row("staff", "ledger", change="write"),
    CONSOLE + "delivery": Row("staff", "figures"),
    CONSOLE + "delivery/table": Row("staff", "figures"),
    CONSOLE + "promises": Row("staff", "figures"),
    CONSOLE + "delivery/rewards": Row("staff", "members"),
    CONSOLE + "delivery/before": Row("staff", "redemption", change="write"),
    CONSOLE + "delivery/<slug:member>/<slug:reward>": Row("staff", "members"),
    # Figures of theirs; single rewards are members'.
    CONSOLE + "locations": Row("staff", "figures"),
    CONSOLE + "locations/compare": Row("staff", "figures"),
    CONSOLE + "locations/consistency": Row("staff", "figures"),
    CONSOLE + "locations/<slug:location>": Row("staff", "figures"),
    CONSOLE + "locations/<slug:location>/rewards": Row("staff", "members"),
    # One's own schedules: whoever reads figures is mailed them.
    CONSOLE + "reports": Row("staff", "figures", change="read"),
    CONSOLE + "reports/<str:file>": Row("staff", "figures"),
    CONSOLE + "budgets": Row("staff", "budgets"),
    CONSOLE + "budgets/<str:account>": Row("staff", "budgets"),
    CONSOLE + "events": Row("staff", "events"),
    CONSOLE + "events/quarantine": Row("staff", "events", change="write"),
    CONSOLE + "events/quarantine/<slug:parked>": Row("staff", "events", change="write"),
    # As it came, for those who see persons unmasked; that they looked is told.
    CONSOLE + "events/quarantine/<slug:parked>/raw": Row("staff", "members", "unmask"),
    CONSOLE + "audit": Row("staff", "audit"),
    # What members ask about their data: whoever writes the audit answers it.
    CONSOLE + "requests": Row("staff", "audit", change="write"),
    CONSOLE + "ledger": Row("staff", "ledger"),
    CONSOLE + "ledger/<slug:transfer>": Row("staff", "ledger"),
    CONSOLE + "owed": Row("staff", "ledger"),
    CONSOLE + "controls": Row("staff", "controls"),
    # Whoever may read them may try to sign: by whose word, the engine says, request by request.
    CONSOLE + "decisions": Row("staff", "decisions", change="read"),
    CONSOLE + "decisions/new": Row("staff", "decisions", change="read"),
    CONSOLE + "decisions/<slug:apr>": Row("staff", "decisions", change="read"),
    # Whoever writes rules drafts them; what goes back or is called off is asked of the person by the engine.
    CONSOLE + "program": Row("staff", "rules", change="write"),
    CONSOLE + "program/versions/<int:version>": Row("staff", "rules"),
    CONSOLE + "program/drafts/<slug:draft>": Row("staff", "rules", change="write"),
    CONSOLE + "program/drafts/<slug:draft>/brand": Row("staff", "rules", change="write"),
    # What the page of a draft's brand is shown with.
    CONSOLE + "program/drafts/<slug:draft>/brand/<slug:mark>.css": Row("staff", "rules"),
    CONSOLE + "program/drafts/<slug:draft>/brand/files/<slug:mark>.<slug:ending>": Row("staff", "rules"),
    CONSOLE + "program/drafts/<slug:draft>/rules": Row("staff", "rules", change="write"),
    CONSOLE + "program/drafts/<slug:draft>/rules/<slug:rule>": Row("staff", "rules", change="write"),
    CONSOLE + "program/drafts/<slug:draft>/rules/<slug:rule>/table": Row("staff", "rules", change="write"),
    CONSOLE + "program/drafts/<slug:draft>/tables/<slug:table>": Row("staff", "rules", change="write"),
    CONSOLE + "rules": Row("staff", "rules"),
    CONSOLE + "rules/<slug:rule>": Row("staff", "rules"),
    # Receipts of members, so for those who see these.
    CONSOLE + "rules/<slug:rule>/refused": Row("staff", "members"),
    CONSOLE + "program/replays": Row("staff", "rules", change="write"),
    CONSOLE + "program/replays/<slug:replay>": Row("staff", "rules", change="write"),
    # Members of theirs, and money: who may approve rewards releases what is held.
    CONSOLE + "referrals": Row("staff", "rewards"),
    CONSOLE + "referrals/<slug:pair>": Row("staff", "rewards", change="approve"),
    CONSOLE + "brand": Row("staff", "setup"),
    CONSOLE + "languages": Row("staff", "setup"),
    # Whoever connects systems makes keys and samples; the others see how far it is.
    CONSOLE + "setup": Row("staff", "setup", change="write"),
    CONSOLE + "people": Row("staff", "people", change="write"),
    CONSOLE + "people/invitations": Row("staff", "people", change="write"),
    # Whoever sets the installation up reads how it stands.
    CONSOLE + "health": Row("staff", "setup"),
    # A file that is tried changes nothing; what it would change is told of members of the whole program.
    CONSOLE + "imports": Row("staff", "setup", change="write"),
    CONSOLE + "imports/<slug:run>": Row("staff", "setup", change="write"),
    CONSOLE + "imports/<slug:run>/<str:file>": Row("staff", "setup"),
    # What a key may do, whoever makes it may do themselves: its page asks.
    CONSOLE + "keys": Row("staff", "setup", change="write"),
    # Whoever may not connect an account has nothing to come back with.
    CONSOLE + "connections": Row("staff", "setup"),
    CONSOLE + "connections/return": Row("staff", "setup", "write", "write"),
    CONSOLE + "connections/<slug:connection>": Row("staff", "setup", change="write"),
    CONSOLE + "connections/<slug:connection>/consent": Row("staff", "setup", change="write"),
    CONSOLE + "connections/<slug:connection>/writes": Row("staff", "setup", change="write"),
    CONSOLE + "connections/<slug:connection>/twins": Row("staff", "setup", change="write"),
    # Whoever writes rules says what a change means; what stands in a request is masked.
    CONSOLE + "connections/<slug:connection>/mapping": Row("staff", "rules", change="write"),
    # Where a vendor sends people back: it leads on to the console, and knows nobody.
    "connect/<slug:key>/hubspot": Row("anyone"),
    CONSOLE + "webhooks": Row("staff", "setup", change="write"),
    CONSOLE + "webhooks/<slug:webhook>": Row("staff", "setup", change="write"),
    r"\Ar/(?P<token>[^/]*)/choose\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/wait\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/give\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/prove\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/here\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/renew\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/take\Z": Row("member"),
    # Its own script says that the page was in view.
    r"\Ar/(?P<token>[^/]*)/seen\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/why\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/invite\Z": Row("member"),
    # Leads on to what its member chose to be written.
    r"\Ar/(?P<token>[^/]*)/contact\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/catalog\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/catalog/(?P<itm>[^/]*)\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/catalog/(?P<itm>[^/]*)/favorite\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)/(?P<deed>seen|resend|case|cancel)\Z": Row("member"),
    r"\Ar/(?P<token>[^/]*)/orders/(?P<ord>[^/]*)/pass/(?P<wallet>apple|google)\Z": Row("member"),
    # The member app: whoever is signed in to it, and the sign-in for all.
    "m": Row("anyone"),
    "m/<slug:key>": Row("member"),
    "m/<slug:key>/sign-in": Row("anyone"),
    "m/<slug:key>/sign-in/passkey": Row("anyone"),
    "m/<slug:key>/sign-in/passkey/challenge": Row("anyone"),
    "m/<slug:key>/sign-out": Row("member"),
    "m/<slug:key>/catalog": Row("member"),
    "m/<slug:key>/code": Row("member"),
    "m/<slug:key>/snapshot": Row("member"),
    "m/<slug:key>/activity": Row("member"),
    "m/<slug:key>/activity/<slug:evt>": Row("member"),
    "m/<slug:key>/inbox": Row("member"),
    "m/<slug:key>/you": Row("member"),
    "m/<slug:key>/you/data": Row("member"),
    "m/<slug:key>/you/contact": Row("member"),
    "m/<slug:key>/you/passkeys": Row("member"),
    "m/<slug:key>/you/passkeys/challenge": Row("member"),
    # The app of a location: whoever writes down there what happened, and who may look at that.
    LOCATION: Row("location", "evidence"),
    LOCATION + "/scan": Row("location", "evidence", "write", "write"),
    LOCATION + "/visits/<slug:visit>": Row("location", "evidence", "write", "write"),
    LOCATION + "/customers": Row("location", "evidence"),
    LOCATION + "/customers/<slug:member>": Row("location", "evidence", change="write"),
    # Who works there asks for more: whether it is theirs to ask, the engine says.
    LOCATION + "/budget": Row("location", "budgets", change="read"),
    LOCATION + "/team": Row("location", "people"),
    # Nobody's: what a phone keeps of the app itself.
    "m/<slug:key>/manifest.webmanifest": Row("anyone"),
    "m/<slug:key>/icon.svg": Row("anyone"),
    "m/<slug:key>/offline": Row("anyone"),
    # What lies in the app for a member: by a link of its own, and then by the cookie that its form gave.
    r"(?s)\An/(?P<token>.*)\Z": Row("member"),
    r"\Ainbox\Z": Row("member"),
    r"\Ainbox/seen\Z": Row("member"),
    r"\Ainbox/follow\Z": Row("member"),
    "inbox/live": Row("member"),
    # A browser that is pushed to, and the script by which it shows that.
    r"\Ar/(?P<token>[^/]*)/devices\Z": Row("member"),
    r"\Adevices/worker\.js\Z": Row("anyone"),
    # Pictures of items, by the hash of what they are.
    r"\Aimages/(?P<hash>[0-9a-f]{64})\Z": Row("anyone"),
    # The same for every code, whether somebody has it or not.
    r"(?s)\Ai/(?P<code>.*)\Z": Row("anyone"),
    r"(?s)\Ar/(?P<token>.*)\Z": Row("member"),
    # What a member is written: their choices, the way out by one click, and what an address confirms.
    r"(?s)\Ap/(?P<token>.*)\Z": Row("member"),
    r"(?s)\Au/(?P<token>.*)\Z": Row("member"),
    r"(?s)\Ac/(?P<token>.*)\Z": Row("member"),
    "hooks/hubspot/<connection>": Row("signature"),
    "hooks/hubspot/<connection>/action": Row("signature"),
    "hooks/suppliers/<program>/<account>": Row("signature"),
    "hooks/messages/<program>/<provider>": Row("signature"),
    "v1/events": Row("key", scope="write:events"),
    API + "openapi.json": Row("anyone"),
    # What the program says of its events.
    API + "asyncapi.json": Row("key", scope="read:versions"),
    API + "members": Row("key", scope="read:members"),
    API + "members/<member>": Row("key", scope="read:members"),
    API + "members/<member>/balances": Row("key", scope="read:members"),
    API + "members/<member>/erasure": Row("key", scope="erase:members"),
    API + "members/<member>/export": Row("key", scope="export:members"),
    API + "members/<member>/statement": Row("key", scope="read:members"),
    API + "members/<member>/rewards": Row("key", scope="read:members"),
    API + "members/<member>/messages": Row("key", scope="read:members"),
    API + "members/<member>/consents": Row("key", scope="read:members"),
    API + "members/<member>/consents/give": Row("key", scope="write:consents"),
    API + "members/<member>/consents/withdraw": Row("key", scope="write:consents"),
    # Where their app is pushed to, which is no consent, and rests on one.
    API + "members/<member>/devices": Row("key", scope="write:consents"),
    API + "members/<member>/devices/<device>": Row("key", scope="write:consents"),
    API + "members/<member>/spends": Row("key", scope="write:wallet"),
    API + "members/<member>/spends/<event>/restore": Row("key", scope="write:wallet"),
    API + "members/<member>/holds": Row("key", scope="write:wallet"),
    API + "members/<member>/holds/<hold>/capture": Row("key", scope="write:wallet"),
    API + "members/<member>/holds/<hold>/release": Row("key", scope="write:wallet"),
    API + "members/<member>/rewards/<reward>/extend": Row("key", scope="write:wallet"),
    API + "referrals": Row("key", scope="read:members"),
    API + "referrals/codes": Row("key", scope="write:codes"),
    API + "referrals/claims": Row("key", scope="write:codes"),
    API + "deliveries": Row("key", scope="read:members"),
    API + "segments": Row("key", scope="read:members"),
    API + "segments/<segment>/members": Row("key", scope="read:members"),
    API + "events/<event>": Row("key", scope="read:members"),
    # Of a member, or by another text than the live one: what lets one read these, too (web/api/why.py).
    API + "try": Row("key", scope="try:events"),
    API + "codes/uses": Row("key", scope="write:codes"),
    API + "ledger/transfers": Row("key", scope="read:ledger"),
    API + "ledger/trial-balance": Row("key", scope="read:ledger"),
    API + "ledger/owed": Row("key", scope="read:ledger"),
    API + "ledger/rates": Row("key", scope="read:ledger"),
    API + "differences": Row("key", scope="read:ledger"),
    API + "differences/<difference>/settle": Row("key", scope="write:differences"),
    API + "budgets": Row("key", scope="read:budgets"),
    API + "budgets/<account>/statement": Row("key", scope="read:budgets"),
    API + "budgets/alarms": Row("key", scope="read:budgets"),
    API + "versions": Row("key", scope="read:versions"),
    API + "versions/<version>": Row("key", scope="read:versions"),
    API + "versions/<version>/changes": Row("key", scope="read:versions"),
    API + "versions/<version>/call-off": Row("key", scope="recall:versions"),
    API + "versions/<version>/roll-back": Row("key", scope="recall:versions"),
    API + "versions/check": Row("key", scope="read:versions"),
    API + "drafts": Row("key", scope="read:versions"),
    API + "drafts/begin": Row("key", scope="write:versions"),
    API + "drafts/<draft>": Row("key", scope="read:versions"),
    API + "drafts/<draft>/save": Row("key", scope="write:versions"),
    API + "drafts/<draft>/submit": Row("key", scope="write:versions"),
    API + "requests": Row("key", scope="propose:requests"),
    API + "requests/adjustments": Row("key", scope="propose:requests"),
    API + "requests/budget-moves": Row("key", scope="propose:requests"),
    API + "requests/bulk": Row("key", scope="propose:requests"),
    API + "requests/rewards": Row("key", scope="propose:requests"),
    API + "requests/<request_id>": Row("key", scope="propose:requests"),
    API + "requests/<request_id>/withdraw": Row("key", scope="propose:requests"),
    API + "webhooks": Row("key", scope="read:webhooks"),
    API + "webhooks/<webhook>/deliveries": Row("key", scope="read:webhooks"),
    **dict.fromkeys(
        [
            API + "webhooks/make",
            *(
                f"{API}webhooks/<webhook>/{deed}"
                for deed in ("change", "rotate", "disable", "enable", "remove", "test", "resend")
            ),
            API + "webhooks/deliveries/<delivery>/resend",
        ],
        Row("key", scope="write:webhooks"),
    ),
    API + "quarantine": Row("key", scope="read:quarantine"),
    API + "quarantine/<parked>": Row("key", scope="read:quarantine"),
    API + "quarantine/retry": Row("key", scope="write:quarantine"),
    API + "quarantine/put-away": Row("key", scope="write:quarantine"),
    API + "quarantine/<parked>/retry": Row("key", scope="write:quarantine"),
    API + "quarantine/<parked>/put-away": Row("key", scope="write:quarantine"),
    API + "drops/<name>": Row("key", scope="write:drops"),
    API + "drops/<name>/rehearse": Row("key", scope="write:drops"),
    API + "catalog/items": Row("key", scope="read:catalog"),
    API + "catalog/items/<item>": Row("key", scope="read:catalog"),
    API + "catalog/feeds": Row("key", scope="read:catalog"),
    API + "catalog/feeds/<feed>/syncs": Row("key", scope="write:catalog"),
    API + "catalog/syncs/<sync>": Row("key", scope="read:catalog"),
    API + "catalog/syncs/<sync>/accept": Row("key", scope="write:catalog"),
    API + "catalog/syncs/<sync>/drop": Row("key", scope="write:catalog"),
    API + "controls/runs": Row("key", scope="read:controls"),
    API + "audit": Row("key", scope="read:audit"),
    API + "audit/seals": Row("key", scope="read:audit"),
    # Nothing is there, and says so as the API does.
    "api/<path:rest>": Row("anyone"),
}
