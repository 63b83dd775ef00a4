"""Why and what if, for staff: a member's events, the receipt of one, an event that is tried."""
