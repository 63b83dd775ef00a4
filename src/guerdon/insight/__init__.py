"""What rewards changed: statistics over sums of matured members, pure and without a database.

`moments` are the sums, `estimates` the difference between two arms, `bands` how far it can be trusted and
when, `balance` whether the arms are comparable, `returns` what a euro brought, `strata` where it works,
`portfolio` which of many really worked, `by_location` the reading where locations were assigned instead of
members, and `verdicts` what may be said of it. Arrays come first and broadcast: a figure is read the same of
one experiment as of a thousand.
"""
