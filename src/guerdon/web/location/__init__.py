"""The app of a location, phone first: take a code, see what is due, confirm; today, and the budget."""
