"""Editing a program's text piece by piece: a rule or a table as a form, and back into the very same text.

`spans` knows where each value stands, `rewriting` changes some of them and leaves every other letter alone,
`splicing` puts typed lines in place of an entry, `conditions`, `rule_forms` and `table_forms` show pieces as
fields to fill in, `names` gathers what a text declares, and `completion` says what may be written at a place.
"""
