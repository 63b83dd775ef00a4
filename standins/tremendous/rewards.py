"""What can be done with a reward: another link, cancel, send again."""

from typing import cast

from standins.hubspot.wire import Answer
from standins.suppliers.application import Call
from standins.tremendous.refusals import not_found, refusal
from standins.tremendous.world import EXECUTED, Order, World


def generate_link(call: Call) -> Answer:
    """Make another link to a reward."""
    order = found(call)
    if order.status != EXECUTED or order.canceled:
        raise refusal(403, "There is no link to this reward")
    return Answer(200, {"reward": {"id": order.reward_id, "link": call.world.new_link(order)}})


def cancel(call: Call) -> Answer:
    """Cancel a reward whose delivery failed."""
    world: World = call.world
    order = found(call)
    if order.delivery != "FAILED" or order.canceled:
        raise refusal(422, "Only non-expired rewards with a delivery failure can be canceled")
    order.canceled = order.refunded = True
    order.truth.state = "canceled"
    world.pay(order, order.cents, "refund")
    world.tell("REWARDS.CANCELED", order.reward_id, "rewards")
    return Answer(200, {})


def resend(call: Call) -> Answer:
    """Send a reward again whose delivery failed."""
    order = found(call)
    if order.delivery != "FAILED" or order.canceled:
        raise refusal(422, "Only rewards with a previous delivery failure can be resent")
    order.delivery = "SCHEDULED"
    return Answer(200, {})


def found(call: Call) -> Order:
    """The order of the reward that is named."""
    for order in call.world.orders.values():
        if order.reward_id == call.path["id"] and not order.hidden:
            return cast("Order", order)
    raise not_found("Reward")
