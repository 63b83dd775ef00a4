"""The worker: loops that bring events to their effects and messages out of the house, and keep the time.

It keeps no state: kill it anywhere and another goes on from the tables. Its loops are the only places,
beside the web's front, where every fault is caught; trouble with the database is waited out with
growing pauses.
"""

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, timedelta
from functools import partial
from uuid import UUID, uuid4

from guerdon.channels.email.opening import open_mail
from guerdon.channels.loops import ChannelLoops
from guerdon.channels.webhooks.wire import webhook_post
from guerdon.config import Settings
from guerdon.connectors.cloudevents.payload import map_body as map_cloudevents
from guerdon.connectors.files.mapping import drop_sets
from guerdon.connectors.hubspot.mapping import map_body as map_hubspot
from guerdon.connectors.hubspot.wired import HubSpot, office_of
from guerdon.engine.announcements.fanning import Fan, keep_announcing, tell_endpoints
from guerdon.engine.approvals.deadlines import escalate_requests, expire_requests
from guerdon.engine.budgets import send_returns, turn_periods, watch_budgets
from guerdon.engine.catalog.pictures import let_go_pictures
from guerdon.engine.catalog.rounds import Rounds, keep_rounds
from guerdon.engine.crm.actions import Teller, keep_telling
from guerdon.engine.crm.backfill import Reader, keep_reading
from guerdon.engine.crm.enriching import Desk, keep_enriching
from guerdon.engine.crm.journal import Listener, keep_listening
from guerdon.engine.crm.out.sending import Scribes, keep_writing
from guerdon.engine.crm.out.telling import tell_connections
from guerdon.engine.deliveries.watching import keep_clock
from guerdon.engine.drops.inbox import Inbox, keep_taking
from guerdon.engine.imports.carrying import Carrier, keep_importing
from guerdon.engine.library import Clock, Library
from guerdon.engine.messages.broadcasting.campaigns import Office as CampaignOffice
from guerdon.engine.messages.broadcasting.campaigns import keep_broadcasting
from guerdon.engine.messages.reminding import keep_reminding
from guerdon.engine.orders.desk import Desk as OrderDesk
from guerdon.engine.orders.working import keep_ordering
from guerdon.engine.privacy.retention import RETENTION_S, Term, keep_to_term
from guerdon.engine.privacy.tombstones import Graveyard
from guerdon.engine.process import BATCH_MAX, LeaseLost, process
from guerdon.engine.proof.controls import run_due_controls
from guerdon.engine.proof.notary import SEAL_S, Notary, keep_sealing
from guerdon.engine.proof.seals import ANCHORS_FOLDER
from guerdon.engine.publish import open_all_due, put_items_of_before
from guerdon.engine.reconciling.daily import keep_reconciling
from guerdon.engine.replay.errand import run_waiting
from guerdon.engine.reports.mailing import Press, keep_reporting
from guerdon.engine.segments import keep_following
from guerdon.engine.staff.inviting import Postbox, keep_inviting
from guerdon.engine.timers import keep_time
from guerdon.engine.turns import Turns
from guerdon.engine.webhooks.sending import Office, keep_sending, sending
from guerdon.engine.webhooks.watching import watch_endpoints
from guerdon.store.database import UNAVAILABLE, Connection, connect, wait_for_news
from guerdon.store.inbox import release_waiting
from guerdon.store.lanes import Lease, lease_lanes, let_go_lanes
from guerdon.store.migrations import make_months
from guerdon.store.programs import list_programs
from guerdon.store.sealing import Vault
from guerdon.suppliers.amounts import digits_of
from guerdon.suppliers.wired import Suppliers, documented_paces
from guerdon.values.clock import utc_now

log = logging.getLogger(__name__)
MAPPERS = {"hubspot": map_hubspot, "cloudevents": map_cloudevents}
RENEW_S = 4.0
IDLE_S = 0.5
SWEEP_S = 5.0
TICK_S = 5.0
WATCH_S = 60.0
PAUSE_MAX_S = 10.0


class Worker:
    """Runs the loops in threads until it is told to stop."""

    def __init__(self, settings: Settings, only: str = "", clock: Clock = utc_now) -> None:
        self._settings = settings
        self._only = only
        self._stop = threading.Event()
        self._turns = Turns(clock, self._stop)
        self._months_made_on: date | None = None
        self._vault = Vault(settings.secret)
        # One, for it counts what all loops ask of an account.
        self._hubspot = HubSpot(office_of(settings, self._turns.clock), Library(self._vault, MAPPERS))
        self._channel_loops = ChannelLoops(
            settings, self._connect, lambda: Library(self._vault, MAPPERS), self._turns
        )

    @property
    def loops(self) -> dict[str, Callable[[], None]]:
        """What it does, each in a thread of its own; none of it while its clock is wrong (`Turns`)."""
        return {
            "process": self._process_loop,
            "deliver": self._channel_loops.email,
            "sms": self._channel_loops.sms,
            "push": self._channel_loops.push,
            "inapp": self._channel_loops.inapp,
            "time": self._time_loop,
            "remind": self._remind_loop,
            "campaigns": self._campaigns_loop,
            "seal": self._seal_loop,
            "controls": self._controls_loop,
            "retention": self._retention_loop,
            "segments": self._segments_loop,
            "replays": self._replays_loop,
            "announce": self._announce_loop,
            "webhooks": self._webhooks_loop,
            "enrich": self._enrich_loop,
            "journal": self._journal_loop,
            "backfill": self._backfill_loop,
            "actions": self._actions_loop,
            "writeback": self._writeback_loop,
            "orders": self._orders_loop,
            "feeds": self._feeds_loop,
            "clock": self._clock_loop,
            "reconcile": self._reconcile_loop,
            "invite": self._invite_loop,
            "reports": self._reports_loop,
            "imports": self._imports_loop,
            # Only where somebody leaves files.
            **({"drops": self._drops_loop} if self._settings.drops else {}),
        }

    def run(self) -> None:
        """Work until `stop` is called."""
        threads = [
            threading.Thread(target=loop, name=name)
            for name, loop in self.loops.items()
            if self._only in ("", name)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def stop(self) -> None:
        """Finish what is at hand and stop."""
        self._stop.set()

    def _process_loop(self) -> None:
        library = Library(Vault(self._settings.secret), MAPPERS)
        self._while_connected("processing", lambda db: _decide(db, library, self._turns))

    def _time_loop(self) -> None:
        library, days = Library(Vault(self._settings.secret), MAPPERS), dict[int, date]()

        def keep_time_while_connected(db: Connection) -> None:
            watched_at = 0.0
            for now in self._turns.every(db, TICK_S):
                open_all_due(db, now)
                if not watched_at:
                    put_items_of_before(db, now)
                # Periods first: what else is due today is paid by today's budgets.
                turn_periods(db, library, now)
                keep_time(db, library, days, now)
                send_returns(db, now)
                expire_requests(db, now)
                escalate_requests(db, library, now)
                if not 0 <= now.timestamp() - watched_at < WATCH_S:
                    watch_budgets(db, library, now)
                    watch_endpoints(db, now)
                    if self._months_made_on != now.date() and make_months(db, now):
                        self._months_made_on = now.date()
                    watched_at = now.timestamp()

        self._while_connected("time", keep_time_while_connected)

    def _remind_loop(self) -> None:
        # A loop of its own: when a campaign's rewards end, hundreds of thousands are reminded in one morning.
        library = Library(self._vault, MAPPERS)
        self._while_connected("reminders", lambda db: keep_reminding(db, library, self._turns))

    def _campaigns_loop(self) -> None:
        # A loop of its own: a segment may be most members, and reminders of a morning wait for none of it.
        office = CampaignOffice(Library(self._vault, MAPPERS), self._channel_loops.is_open)
        self._while_connected("broadcasts", lambda db: keep_broadcasting(db, office, self._turns))

    def _seal_loop(self) -> None:
        settings = self._settings
        (mail,) = open_mail(settings, 1)
        notary = Notary(settings.home / ANCHORS_FOLDER, settings.anchor_mail, mail.send)
        self._while_connected("sealing", lambda db: keep_sealing(db, notary, self._turns.every(db, SEAL_S)))
        mail.close()

    def _controls_loop(self) -> None:
        # A loop of its own: a run may take minutes, and nothing else waits for it.
        def run_while_connected(db: Connection) -> None:
            for now in self._turns.every(db, WATCH_S):
                run_due_controls(db, now)

        self._while_connected("controls", run_while_connected)

    def _retention_loop(self) -> None:
        # A loop of its own: after a long rest it has much to delete, and nothing else waits.
        kept_for = timedelta(days=self._settings.bodies_days)
        graveyard = Graveyard(self._settings.home, self._vault)
        term = Term(Library(self._vault, MAPPERS), kept_for, self._stop, graveyard)

        def keep_while_connected(db: Connection) -> None:
            for now in self._turns.every(db, RETENTION_S):
                keep_to_term(db, term, now)
                let_go_pictures(db, now)

        self._while_connected("retention", keep_while_connected)

    def _clock_loop(self) -> None:
        # A loop of its own: what was given before there was a clock is gone through once, and nothing waits.
        library = Library(self._vault, MAPPERS)
        self._while_connected(
            "delivery clock", lambda db: keep_clock(db, library, self._turns, documented_paces())
        )

    def _replays_loop(self) -> None:
        settings = self._settings
        ours = {
            "DATABASE_URL": settings.database_url,
            "GUERDON_HOME": str(settings.home),
            "GUERDON_SECRET": settings.secret,
        }

        def run_while_connected(db: Connection) -> None:
            for now in self._turns.every(db, TICK_S):
                run_waiting(db, ours, self._stop, now)

        self._while_connected("replays", run_while_connected)

    def _segments_loop(self) -> None:
        # A loop of its own: a new segment of a million members takes half a minute, and nothing else waits.
        library = Library(Vault(self._settings.secret), MAPPERS)
        self._while_connected("segments", lambda db: keep_following(db, library, self._turns))

    def _announce_loop(self) -> None:
        fan = Fan(Library(self._vault, MAPPERS), (tell_endpoints, tell_connections))
        self._while_connected("announcements", lambda db: keep_announcing(db, fan, self._turns))

    def _webhooks_loop(self) -> None:
        post = webhook_post(self._settings.outbound_allow)
        office = Office(Vault(self._settings.secret), post, self._turns.clock)
        with sending(office) as sender:
            self._while_connected("webhooks", lambda db: keep_sending(db, sender, self._turns))

    def _drops_loop(self) -> None:
        assert self._settings.drops is not None
        library = Library(Vault(self._settings.secret), MAPPERS)
        inbox = Inbox(self._settings.drops, library, drop_sets, self._turns.clock)
        self._while_connected("drops", lambda db: keep_taking(db, inbox, self._turns))

    def _enrich_loop(self) -> None:
        graveyard = Graveyard(self._settings.home, self._vault)
        desk = Desk(Library(self._vault, MAPPERS), self._hubspot.open, self._turns.clock, graveyard)
        self._while_connected("enriching", lambda db: keep_enriching(db, desk, self._turns))

    def _journal_loop(self) -> None:
        listener = Listener(Library(self._vault, MAPPERS), self._hubspot.open, self._turns.clock)
        self._while_connected("journal", lambda db: keep_listening(db, listener, self._turns))

    def _backfill_loop(self) -> None:
        reader = Reader(Library(self._vault, MAPPERS), self._hubspot.open, self._turns.clock)
        self._while_connected("backfill", lambda db: keep_reading(db, reader, self._turns))

    def _actions_loop(self) -> None:
        teller = Teller(Library(self._vault, MAPPERS), self._hubspot.open, self._turns.clock)
        self._while_connected("actions", lambda db: keep_telling(db, teller, self._turns))

    def _writeback_loop(self) -> None:
        settings, library = self._settings, Library(self._vault, MAPPERS)
        scribes = Scribes(
            self._hubspot.open,
            lambda: connect(settings.database_url, settings.secret, "worker"),
            self._turns.clock,
        )
        self._while_connected("write-back", lambda db: keep_writing(db, scribes, library, self._turns))

    def _orders_loop(self) -> None:
        settings, library = self._settings, Library(self._vault, MAPPERS)
        desk = OrderDesk(Suppliers(settings).open, library, self._turns.clock)
        beat = partial(connect, settings.database_url, settings.secret, "worker")
        self._while_connected("orders", lambda db: keep_ordering(db, desk, self._turns, beat))

    def _feeds_loop(self) -> None:
        # A loop of its own: a supplier may take minutes to list what it has.
        library = Library(self._vault, MAPPERS)
        suppliers = Suppliers(self._settings)
        rounds = Rounds(suppliers.open, library, self._turns.clock, self._stop, suppliers.pictures)
        self._while_connected("feeds", lambda db: keep_rounds(db, rounds, self._turns))

    def _reconcile_loop(self) -> None:
        # A loop of its own: a month of their books may be many pages, and no order waits for that.
        library = Library(self._vault, MAPPERS)
        desk = OrderDesk(Suppliers(self._settings).open, library, self._turns.clock)
        self._while_connected("reconcile", lambda db: keep_reconciling(db, desk, self._turns))

    def _invite_loop(self) -> None:
        # A loop of its own: a mail server may take its time, and a seal of the audit waits for no invitation.
        (mail,) = open_mail(self._settings, 1)
        postbox, library = Postbox(mail.send, self._settings.public_url), Library(self._vault, MAPPERS)
        self._while_connected("inviting", lambda db: keep_inviting(db, library, postbox, self._turns))
        mail.close()

    def _reports_loop(self) -> None:
        # A loop of its own: a report of a large program takes a while to read, and to set as a file.
        (mail,) = open_mail(self._settings, 1)
        settings = self._settings
        # Read as the pages are, under row security: this process may see all, and no report shows all.
        reader = partial(connect, settings.database_url, settings.secret, "web")
        press = Press(
            Library(self._vault, MAPPERS),
            reader,
            mail.send,
            settings.public_url,
            documented_paces(),
            digits_of,
        )
        self._while_connected("reports", lambda db: keep_reporting(db, press, self._turns))
        mail.close()

    def _imports_loop(self) -> None:
        # A loop of its own: a file may be a hundred thousand members.
        kept_for = timedelta(days=self._settings.bodies_days)
        carrier = Carrier(Library(self._vault, MAPPERS), kept_for)
        self._while_connected("imports", lambda db: keep_importing(db, carrier, self._turns))

    def _while_connected(self, name: str, work: Callable[[Connection], None]) -> None:
        """Work on a connection of the worker's role, and on another when it breaks, until told to stop."""
        pause_s = 0.1
        while not self._stop.is_set():
            try:
                with connect(self._settings.database_url, self._settings.secret, "worker") as db:
                    pause_s = 0.1
                    work(db)
            except UNAVAILABLE as fault:
                log.warning(
                    "the database does not answer; trying again in %.1f s: %s", pause_s, str(fault).strip()
                )
            except Exception:
                log.exception("the %s loop failed; it goes on in %.1f s", name, pause_s)
            self._stop.wait(pause_s)
            pause_s = min(pause_s * 2, PAUSE_MAX_S)

    def _connect(self) -> Connection:
        return connect(self._settings.database_url, self._settings.secret, "worker")


def _decide(db: Connection, library: Library, turns: Turns) -> None:
    worker, clock, stop = uuid4(), turns.clock, turns.stop
    db.execute("listen guerdon_inbox")
    lease = _lease(db, worker, turns)
    renewed_at = swept_at = clock().timestamp()
    try:
        while not stop.is_set():
            now = clock().timestamp()
            if now - renewed_at > RENEW_S or now < renewed_at:
                lease, renewed_at = _lease(db, worker, turns), now
            if now - swept_at > SWEEP_S or now < swept_at:
                _sweep(db)
                swept_at = now
            try:
                done = process(db, library, lease, clock)
            except LeaseLost:
                lease, renewed_at = _lease(db, worker, turns), now
                continue
            if done < BATCH_MAX:
                # What was recorded while we worked woke us already; the pause is for what nobody announced.
                wait_for_news(db, 0.0 if done else IDLE_S)
    finally:
        with suppress(*UNAVAILABLE), db.transaction():
            let_go_lanes(db, worker)


def _lease(db: Connection, worker: UUID, turns: Turns) -> Lease:
    """Take our share of the lanes; none of them while our clock is not to be trusted."""
    agreed = turns.agree(db)
    with db.transaction():
        if agreed:
            return lease_lanes(db, worker)
        let_go_lanes(db, worker)
    return Lease(worker, {})


def _sweep(db: Connection) -> None:
    """Let go what waits for contacts that came meanwhile, whatever the order of the two commits was."""
    for program_id, _ in list_programs(db):
        with db.transaction():
            release_waiting(db, program_id)
