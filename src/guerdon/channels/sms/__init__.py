"""Text messages: a provider is a folder; `keywords.py` reads what people write back, whoever carries it."""
