"""What data protection answers for: requests of members about their data, and when they are due."""
