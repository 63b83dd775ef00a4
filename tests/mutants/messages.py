"""Defects of what members are told: whom, when, how often, and by whose word it ends."""

from collections.abc import Callable
from functools import partial
from itertools import count

from tests.mutants.mutant import Mutant, put, rewriting

from guerdon.program.messages.nouns import SERVICE

BROADCASTS, ATTACKS = "tests/broadcasts/test_broadcasts.py", "tests/broadcasts/test_attacks.py"
IN_TURN, RETURNED = "tests/outbox/test_channels_in_turn.py", "tests/outbox/test_returned.py"
TOKENS = "tests/values/test_returns.py"
_mutant = partial(Mutant, "I-16")


def _saying(part: str, other: str) -> Callable[[], None]:
    """What has statements say other things."""
    return partial(rewriting, {part: other})


def ids_by_chance() -> None:
    """A broadcast's message has another id each time it is written."""
    numbers = count(1)
    put("guerdon.engine.messages.broadcasting.walking:message_id", lambda *_: next(numbers))


def all_at_once() -> None:
    """Everybody's turn is the first moment of a broadcast."""
    put("guerdon.engine.messages.broadcasting.walking:turn_of", lambda broadcast, _: broadcast.starts_at)


def all_is_service() -> None:
    """Whatever a message is about, it is told as what somebody needs to know."""
    put("guerdon.engine.messages.beginning:topic_of", lambda *_: SERVICE)


def no_caps() -> None:
    """Nobody counts."""
    put("guerdon.rules.conscience.deciding:reached", lambda *_: None)


def no_nights() -> None:
    """There is no hour at which nobody is disturbed."""
    put("guerdon.rules.conscience.deciding:disturbance", lambda *_: None)


def anybody_speaks_for_all() -> None:
    """What one member's push service answers is taken for how all of push is doing."""
    for module in ("falling", "pacing"):
        put(f"guerdon.engine.messages.{module}:is_alone", lambda _: False)


def any_seal() -> None:
    """Addresses to which mails come back are believed whoever made them."""
    put("guerdon.values.returns:_seal", lambda *_: bytes(10))


def the_address_of_now() -> None:
    """What comes back stops the address that its member has by now."""
    put("guerdon.engine.messages.noticing.returned:_mark", lambda mailed, _: mailed.mark)


def each_time_anew() -> None:
    """A mail that comes again says the same again."""
    put("guerdon.engine.messages.noticing.returned:note_once", lambda *_: True)


MUTANTS = (
    _mutant(
        "a broadcast's message with an id by chance",
        (f"{BROADCASTS}::test_what_was_told_once_is_not_told_by_somebody_who_forgot_how_far_they_were",),
        patch=ids_by_chance,
    ),
    _mutant(
        "a broadcast told all at once",
        (f"{BROADCASTS}::test_it_is_spread_evenly_over_its_time",),
        patch=all_at_once,
    ),
    _mutant(
        "a broadcast that rests is told",
        (f"{BROADCASTS}::test_paused_it_sends_nothing_and_goes_on_where_it_was",),
        patch=_saying(
            "state in ('running', 'stopped')\n            for key share",
            "state in ('running', 'stopped', 'paused')\n            for key share",
        ),
    ),
    _mutant(
        "halting does not wait for a round",
        (f"{ATTACKS}::test_after_it_was_halted_nothing_begins",),
        patch=_saying("for key share skip locked", ""),
    ),
    _mutant(
        "what rested is due at once",
        (f"{BROADCASTS}::test_paused_it_sends_nothing_and_goes_on_where_it_was",),
        patch=_saying("set next_at = o.next_at + %(by)s", "set next_at = o.next_at"),
    ),
    _mutant(
        "rested for less than no time",
        (f"{ATTACKS}::test_a_clock_that_was_put_back_while_it_rested_tells_nobody_earlier",),
        patch=_saying("set resumes_at = greatest(%s, paused_at)", "set resumes_at = %s"),
    ),
    _mutant(
        "who left the segment is told",
        (f"{BROADCASTS}::test_whoever_leaves_the_segment_before_their_turn_is_not_told",),
        patch=_saying("where b.state = 'stopped' or s.member_id is null\n", "where b.state = 'stopped'\n"),
    ),
    _mutant(
        "who left the markets is told",
        (f"{ATTACKS}::test_whoever_lives_in_no_market_of_it_by_now_is_not_told",),
        patch=_saying("(cardinality(b.markets) > 0 and r.market <> all(b.markets))", "false"),
    ),
    _mutant(
        "marketing without a consent",
        (f"{IN_TURN}::test_marketing_goes_only_where_it_was_agreed_to_and_says_why_not",),
        patch=all_is_service,
    ),
    _mutant("no caps", (f"{IN_TURN}::test_over_a_cap_nothing_goes_over_any_channel",), patch=no_caps),
    _mutant("no quiet hours", (f"{IN_TURN}::test_at_night_it_waits_for_the_morning",), patch=no_nights),
    _mutant(
        "one member's push service shuts push",
        (f"{IN_TURN}::test_what_one_members_own_service_answers_holds_up_nobody_else",),
        patch=anybody_speaks_for_all,
    ),
    _mutant("a return address with any seal", (TOKENS,), patch=any_seal),
    _mutant(
        "a bounce stops the address of now",
        (f"{RETURNED}::test_another_address_of_theirs_is_not_stopped_for_the_one_before",),
        patch=the_address_of_now,
    ),
    _mutant(
        "a mail to the way out counts each time",
        (f"{RETURNED}::test_a_mail_to_the_way_out_withdraws_its_topic_once",),
        patch=each_time_anew,
    ),
)
