"""How an installation stands: what waits, who fails, who keeps silent, and what these figures mean."""
