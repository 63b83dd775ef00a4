"""The table of headers and figures."""

from pathlib import Path

from standins.suppliers.table import Table

TABLE = Table(Path(__file__).with_name("fields.md"))
