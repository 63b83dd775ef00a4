"""A choice taken all the way to an order, and the same once more where what came does not work."""
