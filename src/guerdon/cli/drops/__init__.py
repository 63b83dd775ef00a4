"""The commands of file drops."""
