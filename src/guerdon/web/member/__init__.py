"""The member's pages: what a claim link opens, and the choice made on it.

A view reads the link, asks `queries` what to show and `engine` to redeem; nothing here decides. May know
Django.
"""
