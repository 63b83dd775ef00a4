"""The choice: what an item costs, which rewards and balances pay it, and why it may not be had."""
