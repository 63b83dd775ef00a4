"""What screens ask about the versions of a program."""

from guerdon.queries.versions.lines import VersionLine, list_versions

__all__ = ["VersionLine", "list_versions"]
