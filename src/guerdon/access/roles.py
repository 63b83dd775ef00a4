"""The nine roles that a grant can give, and how wide each may be at most.

A member is no role: whoever holds a claim link sees one member, and nobody grants that.
"""

from collections.abc import Mapping
from typing import Literal, get_args

Role = Literal[
    "operator",
    "program_owner",
    "marketing",
    "finance",
    "compliance",
    "dealer_relations",
    "dealer_manager",
    "frontline",
    "auditor",
]
Width = Literal["program", "market", "location"]

ROLES: tuple[Role, ...] = get_args(Role)

# The widest node of the tree program > market > location at which a role can be given.
WIDEST: Mapping[Role, Width] = {
    "operator": "program",
    "program_owner": "program",
    "marketing": "market",
    "finance": "program",
    "compliance": "program",
    "dealer_relations": "market",
    "dealer_manager": "location",
    "frontline": "location",
    "auditor": "program",
}

_WIDTHS: Mapping[Width, int] = {"location": 0, "market": 1, "program": 2}


def fits(role: Role, width: Width) -> bool:
    """Whether a role can be given at a node so wide."""
    return _WIDTHS[width] <= _WIDTHS[WIDEST[role]]
