"""An account with Tremendous, as the port asks it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from guerdon.engine.orders.port import (
    Abilities,
    Absent,
    Account,
    Ask,
    Balance,
    Canceled,
    ItemPage,
    Later,
    Listed,
    Notice,
    Pending,
    Rejected,
    Shut,
    StatementLine,
    StatementPage,
    Told,
    Unknown,
)
from guerdon.http import Answer
from guerdon.suppliers import Asks
from guerdon.suppliers.amounts import digits_of, is_currency, to_minor_rounded
from guerdon.suppliers.asking import DONE, TROUBLE_S, Line, not_done, not_read, read_answer
from guerdon.suppliers.reading import (
    Unreadable,
    inner,
    is_name,
    link,
    name_in,
    needed,
    needed_records,
    number,
    read_record,
    text,
)
from guerdon.suppliers.tremendous import notice, products
from guerdon.suppliers.tremendous.orders import (
    BALANCE,
    CANCELED,
    Executed,
    order_body,
    statement_line,
    told_order,
    told_refusal,
)

# What they ask of whoever was too fast.
LIMIT_S = 1.0
PAGE = 500
THEN = "_THEN_BALANCE"
# There is an order of that key, and it was asked for in other words: a name that was changed, say.
OTHERWISE = 409
# Answers that say that nothing was made of it; of any other nobody knows.
REFUSALS = (400, 402, 404, 410, 413, 415, 422)


@dataclass(frozen=True, slots=True)
class Tremendous:
    """An account, ready to be asked from any thread."""

    line: Line = field(repr=False)
    account: Account
    abilities: Abilities

    def place(self, ask: Ask) -> Told:
        """Order it; the same key again gives the order that there is."""
        answer = self.line.post("/orders", order_body(ask, self.account.options))
        why = not_done(self.line, answer, LIMIT_S, (*REFUSALS, OTHERWISE))
        if why is not None:
            return why
        assert isinstance(answer, Answer)
        if answer.status == OTHERWISE:
            return self._taken(ask)
        return self._refused(answer, ask) if answer.status in REFUSALS else self._told(answer, ask)

    def find(self, ask: Ask) -> Told:
        """What became of an order by our key, which is as good as their number."""
        return self._ask_for(ask.key, ask, Absent())

    def fetch(self, their_id: str, ask: Ask) -> Told:
        """What became of an order by their number; one that they gave and do not know is odd, no proof."""
        return self._ask_for(their_id, ask, Unknown("they do not know the number that they gave"))

    def cancel(self, their_id: str) -> Canceled | Rejected | Unknown | Later | Shut:
        """Void the reward of an order."""
        if not is_name(their_id):
            return Rejected("refused", "what is asked for is no name")
        reward = read_answer(self.line, self.line.get(f"/orders/{their_id}"), LIMIT_S, reward_of)
        if isinstance(reward, Later | Shut):
            return reward
        if isinstance(reward, Absent):
            return Rejected("refused", "they have no such order")
        return Canceled() if reward is None else self._void(reward)

    def _void(self, reward: str) -> Canceled | Rejected | Unknown | Later | Shut:
        answer = self.line.post(f"/rewards/{reward}/cancel")
        why = not_done(self.line, answer, LIMIT_S, (404, 422))
        if why is not None:
            return why
        assert isinstance(answer, Answer)
        if answer.status in DONE:
            return Canceled()
        return Rejected("refused", self.line.says(answer, "errors", "message") or f"answered {answer.status}")

    def balance(self) -> Balance | Later | Shut | None:
        """What there is left of the source that pays."""
        left = read_answer(self.line, self.line.get("/funding_sources"), LIMIT_S, self._left)
        return None if isinstance(left, Absent) else left

    def list_items(self, after: str | None) -> ItemPage | Later | Shut:  # noqa: ARG002  there is one page
        """All that it has."""
        found = read_answer(self.line, self.line.get("/products"), LIMIT_S, read_products)
        if isinstance(found, Later | Shut):
            return found
        return Later(TROUBLE_S, "trouble") if isinstance(found, Absent) else ItemPage(found, None)

    def list_orders(self, since: datetime, after: str | None) -> StatementPage | Later | Shut:
        """A page of its orders since then, the newest first; `after` is how many were read."""
        read = int(after) if after and after.isdecimal() else 0
        query = {"limit": str(PAGE), "offset": str(read), "created_at[gte]": since.isoformat()}
        lines = read_answer(self.line, self.line.get("/orders", query), LIMIT_S, read_lines)
        if isinstance(lines, Later | Shut):
            return lines
        if isinstance(lines, Absent):
            return Later(TROUBLE_S, "trouble")
        return StatementPage(lines, str(read + len(lines)) if lines else None)

    def read_notice(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Notice | None:  # noqa: ARG002  there is no time in it
        """What a callback names."""
        return notice.read_notice(headers, body, self.account.hook_secret)

    def _ask_for(self, number_or_key: str, ask: Ask, none: Absent | Unknown) -> Told:
        if not is_name(number_or_key):
            return Unknown("what is asked for is no name")
        answer = self.line.get(f"/orders/{number_or_key}")
        why = not_read(self.line, answer, LIMIT_S)
        if why is not None:
            return why
        assert isinstance(answer, Answer)
        return none if answer.status == 404 else self._told(answer, ask)

    def _told(self, answer: Answer, ask: Ask) -> Told:
        try:
            told = told_order(needed(read_record(answer.body), "order"), ask)
            return self._with_link(told) if isinstance(told, Executed) else told
        except Unreadable as fault:
            return Unknown(f"the answer cannot be read: {fault}")

    def _with_link(self, told: Executed) -> Told:
        if told.link:
            return told.with_link(told.link)
        # Only the first answer to an order holds its link: later a new one has to be made.
        answer = self.line.post(f"/rewards/{told.reward}/generate_link")
        try:
            if isinstance(answer, Answer) and answer.status in (200, 201):
                found = link(needed(read_record(answer.body), "reward"), "link")
                if found:
                    return told.with_link(found)
        except Unreadable:
            pass
        return Pending(told.order, "executed, and its link is not there yet")

    def _taken(self, ask: Ask) -> Told:
        # There is one of that key: whatever keeps us from reading it, it is not as if nothing went out.
        found = self.find(ask)
        if isinstance(found, Absent):
            return Unknown("the key is one of another order")
        if isinstance(found, Later | Shut):
            return Unknown("there is one of that key, and what became of it was not answered")
        return found

    def _refused(self, answer: Answer, ask: Ask) -> Told:
        # What is refused now may have been taken before: a product that is gone since, funds that it took.
        try:
            errors = inner(read_record(answer.body), "errors")
        except Unreadable:
            errors = {}
        refusal = told_refusal(answer.status, errors, self.line.says(answer, "errors", "message"))
        found = self.find(ask)
        if isinstance(found, Absent | Rejected):
            return refusal
        if isinstance(found, Later | Shut):
            return Unknown("refused, and whether there is one already was not answered")
        return found

    def _left(self, body: bytes) -> Balance | None:
        # Their names for sources are the same in small letters; whoever pays by invoice first has two.
        wanted = (self.account.options.get("funding_source") or BALANCE).upper().removesuffix(THEN)
        for source in needed_records(read_record(body), "funding_sources"):
            if wanted in (text(source, "id").upper(), text(source, "method").upper()):
                meta = inner(source, "meta")
                currency = text(meta, "currency_code") or "USD"
                amount, cents = number(meta, "available_amount"), number(meta, "available_cents")
                left = amount if amount is not None else None if cents is None else cents.scaleb(-2)
                if left is not None and is_currency(currency):
                    # What is owed is nothing left.
                    return Balance(to_minor_rounded(max(left, 0 * left), digits_of(currency)), currency)
        return None


def reward_of(body: bytes) -> str | None:
    """The number of an order's one reward; None: the order is void."""
    order = needed(read_record(body), "order")
    if text(order, "status") == CANCELED:
        return None
    rewards = needed_records(order, "rewards")
    if len(rewards) != 1:
        raise Unreadable(f"it has {len(rewards)} rewards")
    return name_in(rewards[0], "id")


def read_products(body: bytes) -> Sequence[Listed]:
    """All that it has, as rows of a feed."""
    found = needed_records(read_record(body), "products")
    return [row for each in found for row in products.listed(each)]


def read_lines(body: bytes) -> Sequence[StatementLine]:
    """Orders, as lines of its books."""
    return [statement_line(each) for each in needed_records(read_record(body), "orders")]


def open_account(http: Asks, account: Account, abilities: Abilities) -> Tremendous:
    """An account; nothing is asked by that."""
    headers = {"Authorization": f"Bearer {account.secret}"}
    secrets = (account.secret, account.hook_secret)
    return Tremendous(Line(http, account.address.rstrip("/"), headers, secrets), account, abilities)
