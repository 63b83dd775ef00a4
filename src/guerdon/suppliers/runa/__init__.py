"""Runa: an order of one payout link. `README.md` says what is relied on."""
