"""Devices that members let us push to: sealed under keys of their own, used until they are not."""

from datetime import timedelta

import pytest
from tests.consents.house import Quay

from guerdon.engine.messages.consents.addressing import DEVICES_MAX, Wanted, add_device, retire, usable
from guerdon.engine.messages.port import Device, Subscription
from guerdon.store.audit import record_audit
from guerdon.store.database import transaction
from guerdon.store.messages.addresses import list_addresses
from guerdon.store.messages.keys import have_key, network_mark
from guerdon.store.privacy.forgetting import forget_members
from guerdon.store.sealing import Unreadable, Vault
from guerdon.values.ids import show

BROWSER = Subscription("https://push.example.com/canary-1", b"k" * 65, b"s" * 16)


def add(quay: Quay, member: int, address: Subscription | Device = BROWSER) -> int:
    wanted = Wanted(quay.program_id, member, address, "Ada's phone", show("mem", member), quay.now)
    with quay.as_member(member) as tx:
        return add_device(tx, quay.vault, wanted)


def used(quay: Quay, *members: int, vault: Vault | None = None) -> dict[int, list[int]]:
    with quay.web() as tx:
        found = usable(tx, vault or quay.vault, quay.program_id, members)
    return {member: [each.id for each in there] for member, there in found.items()}


def test_a_device_is_kept_sealed_and_found_again(quay: Quay) -> None:
    ada, ben = quay.enroll("ada", "ben")
    one, other = add(quay, ada), add(quay, ada, Device("token-7"))
    assert add(quay, ada) == one
    with quay.web() as tx:
        found = usable(tx, quay.vault, quay.program_id, [ada, ben])
    assert {each.id: each.address for each in found[ada]} == {one: BROWSER, other: Device("token-7")}
    assert ben not in found
    assert quay.rows("select provider, label from addresses order by provider") == [
        ("fcm", "Ada's phone"),
        ("web", "Ada's phone"),
    ]
    ((text,),) = quay.rows("select string_agg(a::text || k::text, '') from addresses a, member_keys k")
    assert b"canary".hex() not in str(text)
    assert "canary" not in str(text)
    told = "select action, count(*)::int from audit where action like 'device.%%' group by 1"
    assert quay.rows(told) == [("device.added", 2)]
    # Another secret opens nothing; and what lies under another member's number is none of theirs.
    with pytest.raises(Unreadable):
        used(quay, ada, vault=Vault("another secret of an installation"))
    with quay.web() as tx:
        have_key(tx, quay.vault, quay.program_id, ben)
        tx.execute("update addresses set member_id = %s where id = %s", (ben, one))
        record_audit(tx, quay.program_id, "test", "device.added", "x", quay.now)
    assert used(quay, ada, ben) == {ada: [other]}


def test_a_device_that_is_gone_is_not_used_until_it_comes_again(quay: Quay) -> None:
    (ada,) = quay.enroll("ada")
    number = add(quay, ada)
    quay.later(hours=1)
    for expected in (1, 0):
        with quay.worker() as db, transaction(db, quay.program_id) as tx:
            assert retire(tx, quay.program_id, [(ada, number)], "gone", quay.now) == expected
    assert used(quay, ada) == {}
    with quay.as_member(ada) as tx:
        (shown,) = list_addresses(tx, quay.program_id, ada)
    assert (shown.state, shown.reason, shown.retired_at) == ("retired", "gone", quay.now)
    assert add(quay, ada) == number
    assert used(quay, ada) == {ada: [number]}


def test_of_many_devices_the_oldest_are_used_no_more(quay: Quay) -> None:
    (ada,) = quay.enroll("ada")
    numbers = []
    for each in range(DEVICES_MAX + 2):
        quay.now += timedelta(minutes=1)
        numbers.append(add(quay, ada, Device(f"token-{each}")))
    assert used(quay, ada) == {ada: numbers[:1:-1]}
    # One that comes again is used, however old it is.
    assert add(quay, ada, Device("token-0")) == numbers[0]
    assert numbers[0] in used(quay, ada)[ada]
    assert len(used(quay, ada)[ada]) == DEVICES_MAX


def test_whoever_is_forgotten_leaves_no_device_and_no_key_and_proofs_without_a_place(quay: Quay) -> None:
    (ole,) = quay.enroll("ole", market="NO")
    add(quay, ole)
    with quay.web() as tx:
        key = have_key(tx, quay.vault, quay.program_id, ole)
        assert have_key(tx, quay.vault, quay.program_id, ole) == key
    mark = network_mark(key, "192.0.2.0/24")
    assert mark is not None
    assert network_mark(key, "") is None
    quay.give(ole)
    with quay.worker() as db, transaction(db, quay.program_id) as tx:
        assert forget_members(tx, quay.program_id, [ole], [], quay.now) == [ole]
        record_audit(tx, quay.program_id, "worker", "member.forgotten", show("mem", ole), quay.now)
    assert quay.rows("select from addresses") == quay.rows("select from member_keys") == []
    # That they agreed, and to which words, stays proven.
    assert quay.proofs(ole) == [("offers", "given", "page")]
