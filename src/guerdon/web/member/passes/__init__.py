"""Orders as passes for a phone, on the member's pages."""
