"""What is kept of CRMs that are asked and told: accounts with their tokens, errands, cursors, writes."""
