"""Units of a program: what members read beside an amount of them."""
