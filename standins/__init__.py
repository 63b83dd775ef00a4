"""Stand-ins for the systems of others: each an own process, made from the vendor's documents alone."""
