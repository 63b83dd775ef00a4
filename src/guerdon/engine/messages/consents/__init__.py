"""What members agreed to, how it is proven and confirmed, and what is an address."""
