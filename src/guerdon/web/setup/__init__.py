"""An installation begins: its first administrator, and their first program."""
