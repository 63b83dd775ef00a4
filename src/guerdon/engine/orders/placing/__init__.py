"""Placing: orders whose time has come are taken, it is written down whom we ask, and then they are asked.

What is about to be asked is committed before anybody is; no transaction is open while somebody is asked.
"""
