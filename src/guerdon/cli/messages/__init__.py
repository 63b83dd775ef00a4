"""The commands of messages."""
