"""An account with Runa, as the port asks it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from guerdon.engine.orders.port import (
    Abilities,
    Absent,
    Account,
    Ask,
    Balance,
    ItemPage,
    Later,
    Notice,
    Rejected,
    Shut,
    StatementPage,
    Told,
    Unknown,
)
from guerdon.http import Answer
from guerdon.suppliers import Asks
from guerdon.suppliers.amounts import digits_of, is_currency, to_minor_rounded
from guerdon.suppliers.asking import TROUBLE_S, Line, not_done, not_read, read_answer
from guerdon.suppliers.reading import (
    Record,
    Unreadable,
    inner,
    is_name,
    needed_records,
    number,
    read_json,
    read_record,
    records,
    text,
    texts,
)
from guerdon.suppliers.runa import notice, products
from guerdon.suppliers.runa.books import PAGE, PAGES_MAX, Page, Search, read_page
from guerdon.suppliers.runa.orders import order_body, statement_line, told_order, told_refusal

VERSION = "2024-02-05"
# What they ask of whoever was too fast, and of whoever repeats what is not done yet.
LIMIT_S = 5.0
# Answers that say that nothing was made of it; a key gives the same one again, so they stay true of it.
REFUSALS = (400, 404, 410, 413, 415, 422)


@dataclass(frozen=True, slots=True)
class Runa:
    """An account, ready to be asked from any thread."""

    line: Line = field(repr=False)
    account: Account
    abilities: Abilities

    def place(self, ask: Ask) -> Told:
        """Order it; the same key again gives the same answer, a failure too, for thirty days."""
        how = {"X-Idempotency-Key": ask.key, "X-Execution-Mode": "sync"}
        answer = self.line.post("/order", order_body(ask, self.account.options), how)
        why = not_done(self.line, answer, LIMIT_S, REFUSALS)
        if why is not None:
            return why
        assert isinstance(answer, Answer)
        return self._refused(answer) if answer.status in REFUSALS else self._told(answer, ask)

    def find(self, ask: Ask) -> Told:
        """What became of an order by our reference, which stands in its description."""
        lands = timedelta(seconds=self.abilities.lands_within_s)
        until = None if ask.asked_at is None else ask.asked_at + lands
        search, after = Search(ask.ref, ask.first_asked_at, until), None
        for _ in range(PAGES_MAX):
            page = self._page(after)
            if isinstance(page, Later | Shut):
                return page
            try:
                search.take(page)
            except Unreadable as fault:
                return Unknown(f"the list cannot be read: {fault}")
            after = page.after
            if search.past or after is None:
                return self._found(search, ask)
        return self._found(search, ask) if search.found else Unknown("the list is too long to be read")

    def fetch(self, their_id: str, ask: Ask) -> Told:
        """What became of an order by their number; one that they gave and do not know is odd, no proof."""
        if not is_name(their_id):
            return Unknown("what is asked for is no name")
        answer = self.line.get(f"/order/{their_id}")
        why = not_read(self.line, answer, LIMIT_S)
        if why is not None:
            return why
        assert isinstance(answer, Answer)
        if answer.status == 404:
            return Unknown("they do not know the number that they gave")
        return self._told(answer, ask)

    def cancel(self, their_id: str) -> Rejected:  # noqa: ARG002  there is no way
        """There is no way to ask for it; their staff can."""
        return Rejected("refused", "it cannot be asked for; their support can do it")

    def balance(self) -> Balance | Later | Shut | None:
        """What there is left in the currency that pays; without one named, where there is only one."""
        currency = self.account.options.get("currency", "")
        answer = self.line.get("/balance", {"currency": currency} if currency else None)
        left = read_answer(self.line, answer, LIMIT_S, read_balance)
        return None if isinstance(left, Absent) else left

    def list_items(self, after: str | None) -> ItemPage | Later | Shut:
        """A page of what can be ordered."""
        query = {"is_orderable": "true", "limit": str(PAGE), **({"after": after} if after else {})}
        page = read_answer(self.line, self.line.get("/product", query), LIMIT_S, read_items)
        return Later(TROUBLE_S, "trouble") if isinstance(page, Absent) else page

    def list_orders(self, since: datetime, after: str | None) -> StatementPage | Later | Shut:
        """A page of its orders since then; it is asked on until they are older, or there are no more."""
        page, search = self._page(after), Search("", since)
        if isinstance(page, Later | Shut):
            return page
        try:
            search.take(page)
            lines = [statement_line(each) for each in page.orders]
        except Unreadable:
            return Later(TROUBLE_S, "trouble")
        kept = [line for line in lines if line is not None and line.at >= since]
        return StatementPage(kept, None if search.past else page.after)

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | None:
        """What a callback names."""
        return notice.read_notice(headers, body, self.account.hook_secret, now)

    def _told(self, answer: Answer, ask: Ask) -> Told:
        try:
            return told_order(read_record(answer.body), ask)
        except Unreadable as fault:
            return Unknown(f"the answer cannot be read: {fault}")

    def _refused(self, answer: Answer) -> Rejected | Unknown:
        try:
            said = read_record(answer.body)
            kind, parts = text(said, "type"), _parts(said)
        except Unreadable:
            # Not their way to say no: whoever stands between us may have said it.
            return Unknown(f"answered {answer.status}, which cannot be read")
        return told_refusal(answer.status, kind, parts, self.line.says(answer, "message"))

    def _page(self, after: str | None) -> Page | Later | Shut:
        query = {"limit": str(PAGE), **({"after": after} if after else {})}
        page = read_answer(self.line, self.line.get("/order", query), LIMIT_S, read_page)
        return Later(TROUBLE_S, "trouble") if isinstance(page, Absent) else page

    def _found(self, search: Search, ask: Ask) -> Told:
        # One that is done, of whichever attempt, is the order: nothing else may come beside it.
        if search.found:
            return self.fetch(search.found[0], ask)
        if search.nameless:
            return Unknown("an order is being processed, and whose it is cannot be seen")
        if search.failed:
            # Of this attempt; an earlier one's proves nothing of it, so it is as if there were none.
            return Rejected("refused", "failed", permanent=False, their_id=search.failed[0])
        return Absent()


def read_balance(body: bytes) -> Balance | None:
    """What there is left; None where they name several currencies, or none."""
    said = read_json(body)
    each = said if isinstance(said, list) else [said]
    if len(each) != 1 or not isinstance(each[0], dict):
        return None
    left, currency = number(each[0], "balance"), text(each[0], "currency")
    if left is None or not is_currency(currency):
        raise Unreadable("its balance is none")
    return Balance(to_minor_rounded(max(left, 0 * left), digits_of(currency)), currency)


def read_items(body: bytes) -> ItemPage:
    """A page of what can be ordered; without any it is the end, whatever stands beside them."""
    said = read_record(body)
    found = needed_records(said, "catalog")
    rows = [products.listed(each) for each in found]
    after = text(inner(inner(said, "pagination"), "cursors"), "after") if found else ""
    return ItemPage([row for row in rows if row is not None], after or None)


def _parts(said: Record) -> set[str]:
    return {part for each in records(said, "details") for part in texts(each, "location")}


def open_account(http: Asks, account: Account, abilities: Abilities) -> Runa:
    """An account; nothing is asked by that."""
    headers = {"X-Api-Key": account.secret, "X-Api-Version": VERSION}
    secrets = (account.secret, account.hook_secret)
    return Runa(Line(http, account.address.rstrip("/"), headers, secrets), account, abilities)
