"""What members are told: what waits to be sent, what was, over which channels, and what they agreed to."""
