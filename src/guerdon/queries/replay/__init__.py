"""What a replay reads: the history in the order in which it was decided; and what replays found."""
