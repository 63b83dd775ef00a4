"""Reports: downloaded now, or mailed to oneself when one wants them."""
