"""Invitations as whoever was invited meets them: the link of the mail, and what follows from it."""
