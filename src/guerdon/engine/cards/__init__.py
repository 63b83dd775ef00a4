"""The code that a member shows at a location, and whether it counts."""
