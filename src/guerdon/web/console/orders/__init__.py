"""What staff do for orders: a list of them, one with its story, codes in stock, suppliers' accounts."""
