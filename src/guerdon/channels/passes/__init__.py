"""Passes for phones: an order of a member, signed for Apple Wallet and for Google Wallet."""
