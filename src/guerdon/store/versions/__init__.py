"""Versions of programs: which was live when, and the drafts that become one."""
