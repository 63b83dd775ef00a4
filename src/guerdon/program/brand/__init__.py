"""How a program looks and what it calls itself to members, for all markets and for each: a few inputs."""
