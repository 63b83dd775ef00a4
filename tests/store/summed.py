"""Changes that triggers add to sums: what comes before, the change, and what is one more after it."""

_SUMS = "select count(*) from market_days where program_id = 1 and rule = 'r' and issued = {}"
SUMMED = {
    "rollups_add_up": (
        "update rollups set refused = 0",
        (
            "insert into rollups (program_id, day, market, location, rule, unit, issued)"
            " values (1, '2001-01-01', 'DE', '', 'r', 'EUR', 3)"
        ),
        _SUMS.format(3),
    ),
    "rollups_change_sums": (
        "update rollups set refused = 0",
        "update rollups set issued = issued + 5 where program_id = 1 and market = 'DE'",
        _SUMS.format(5),
    ),
    "members_take_their_count": (
        "update members set state = 7",
        "update members set market = 'IT' where program_id = 1 and member_id = 11",
        (
            "select least(count(*), 1) from rewarded_members"
            " where program_id = 1 and market = 'IT' and members > 0"
        ),
    ),
}
