"""What live pages look at: who may, and what it is loaded from."""
