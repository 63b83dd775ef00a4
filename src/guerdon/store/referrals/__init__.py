"""What is kept of referrals: codes, visits of links, pairs, and marks of what people share."""
