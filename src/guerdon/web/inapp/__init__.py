"""Notices as they come: one LISTEN and one hub for the process, a stream for each page that is open."""
