"""What a later Guerdon will know: its places are kept, refused today by their names, and never ignored."""

from collections.abc import Mapping, Sequence

from guerdon.program.places import Place

SECTIONS = {
    each: each for each in ("tiers", "credits", "achievements", "feedback", "journeys", "experiments")
}
# Steps of a rule, by the section that they will need.
STEPS = {
    "award": "achievements",
    "change_tier": "tiers",
    "credit": "credits",
    "enroll": "journeys",
    "leave": "journeys",
    "refer": "referrals",
    "ask": "feedback",
}
# Lines of a rule, by the section that they will need.
RULE_LINES = {
    "tiers": "tiers",
    "achievements": "achievements",
    "journey": "journeys",
    "experiment": "experiments",
    "referral": "referrals",
}
# What conditions will read of a member; an attribute that the program declares itself may be called so.
FACTS = {
    "tier": "tiers",
    "achievements": "achievements",
    "journeys": "journeys",
    "referrals": "referrals",
    "experiments": "experiments",
}


def fields_but_later(
    place: Place, required: Sequence[str], optional: Sequence[str], later: Mapping[str, str]
) -> dict[str, Place]:
    """Give the entries of a mapping whose keys are fixed; those that are for later are refused by name."""
    kept = [key for key in (place.table() if place.is_table() else {}) if key in later]
    fields = place.fields(required, (*optional, *kept))
    for key in kept:
        what = later[key] if key == later[key] else f"{key} belongs to {later[key]}, which"
        fields.pop(key).wrong(f"{what} are not yet supported", "remove it from here")
    return fields
