"""Who told of a change before: one change is one event, whoever tells of it."""
