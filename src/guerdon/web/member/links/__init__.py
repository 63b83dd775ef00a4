"""How long a claim link opens by itself, and in which browser: what stands before the member's pages."""
