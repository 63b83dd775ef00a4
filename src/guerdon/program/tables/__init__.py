"""Decision tables: what a rule gives, by a row that fits, checked so that one always does.

`cells` reads a cell and writes it as a condition, `rows` reads the rows, from the program or a CSV file,
`cover` looks for combinations that no row or more than one takes, and `bound` joins a table with its rule.
"""
