"""Memory: the tables, and all SQL that writes them.

A module a noun, functions by power (`load_ find_` read, `record_ post_ settle_` write). May import
rules, ledger, program and below; knows psycopg; opens no transaction of its own except through
`database`.
"""
