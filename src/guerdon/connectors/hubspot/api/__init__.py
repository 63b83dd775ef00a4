"""Asking HubSpot: paths, shapes, limits and errors. It keeps nothing; who asks keeps tokens and places."""
