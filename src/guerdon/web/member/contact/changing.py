"""What a member's pages write down: each thing that was agreed to or stopped, with its proof."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.http import HttpRequest

from guerdon.engine.messages.consents.consenting import (
    Given,
    Grant,
    Withdrawal,
    await_begun,
    give,
    marketing_topics,
    withdraw,
)
from guerdon.program.messages.nouns import CHANNELS, ChannelKind
from guerdon.store.database import Transaction
from guerdon.store.messages.consents import Method, load_standing
from guerdon.store.messages.keys import have_key, network_mark
from guerdon.store.messages.reach import lock_reach
from guerdon.store.wallet.purses import lock_member
from guerdon.values.ids import show
from guerdon.web.guesses import network_of
from guerdon.web.member.contact.choices import Line
from guerdon.web.member.contact.opening import Reader
from guerdon.web.member.inviting import is_of_world
from guerdon.web.rooms import room

# By which method something was said, and where.
Way = tuple[Method, str]
FORM: Way = ("page", "preferences")
BUTTON: Way = ("page", "unsubscribe")
ONE_CLICK: Way = ("one_click", "unsubscribe")
CONFIRMED: Way = ("confirmed", "confirm")


def lock(tx: Transaction, reader: Reader) -> None:
    """Let nobody else change what this member chose until the transaction ends; in the order of others."""
    lock_member(tx, reader.program_id, reader.member_id)
    lock_reach(tx, reader.program_id, [reader.member_id])


def agree(
    tx: Transaction, request: HttpRequest, reader: Reader, lines: Sequence[Line]
) -> Mapping[str, Given]:
    """Keep that a member agrees to the words of these lines; what came of each, by its key."""
    version, mark = room().version(reader.program_id), mark_network(tx, request, reader)
    return {
        line.key: give(
            tx,
            reader.program,
            Grant(
                *(reader.program_id, reader.member_id, line.topic.key, line.channel, FORM[0]),
                *(show("mem", reader.member_id), version, line.language, line.text_sha),
                *(FORM[1], mark, reader.now),
            ),
        )
        for line in lines
    }


def stop(
    tx: Transaction,
    request: HttpRequest,
    reader: Reader,
    over: Mapping[ChannelKind, Collection[str]],
    way: Way,
) -> None:
    """Keep that a member wants no more of these topics over these channels."""
    mark, (method, source) = mark_network(tx, request, reader), way
    language = reader.locale.partition("-")[0]
    for channel, topics in over.items():
        withdraw(
            tx,
            Withdrawal(
                *(reader.program_id, reader.member_id, sorted(topics), [channel], method),
                *(show("mem", reader.member_id), source, mark, reader.now, language),
            ),
        )


def by_channel(lines: Sequence[Line]) -> dict[ChannelKind, set[str]]:
    """The topics of lines, by the channel over which they go."""
    over: dict[ChannelKind, set[str]] = defaultdict(set)
    for line in lines:
        over[line.channel].add(line.topic.key)
    return over


def all_offers(tx: Transaction, reader: Reader) -> dict[ChannelKind, set[str]]:
    """All marketing that was not withdrawn yet.

    Over all channels there are, and what was never asked for too: whoever stops everything objects to what a
    sale would let us send over another channel later.
    """
    standing = load_standing(tx, reader.program_id, [reader.member_id])
    over: dict[ChannelKind, set[str]] = defaultdict(set)
    for topic in marketing_topics(reader.program):
        for channel in CHANNELS:
            held = standing.get((reader.member_id, topic, channel))
            if held is None or held.state != "withdrawn":
                over[channel].add(topic)
    return over


def wait_for_begun(reader: Reader, channels: Collection[ChannelKind]) -> None:
    """Wait, after the commit, until nothing is on its way over these channels any more."""
    if channels:
        with room().connections.lent() as connection:
            await_begun(connection, (reader.program_id, reader.member_id), sorted(channels))


def mark_network(tx: Transaction, request: HttpRequest, reader: Reader) -> bytes | None:
    """A keyed hash of the network that asks; none where that is a proxy's address, and so everybody's."""
    address = str(request.META.get("REMOTE_ADDR", ""))
    if not is_of_world(address):
        return None
    key = have_key(tx, room().vault, reader.program_id, reader.member_id)
    return network_mark(key, network_of(address))
