"""Orders as rows: what a choice became, how it is delivered and by whom, and the figures beside its reward.

Rows are locked in the order in which the batches lock them, too: the member, the member's own, a code, then
the pool that every redemption of a budget touches, and last the day's figures, held for a moment only.
"""
