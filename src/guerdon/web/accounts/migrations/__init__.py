"""Django's own tables, as it numbers them."""
