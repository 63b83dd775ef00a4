"""Telling other systems what happened: what is said (`shapes`), read from decisions (`reading`), to whom."""
