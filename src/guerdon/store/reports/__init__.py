"""Reports by mail as they are kept: who wants which and when, and what was sent."""
