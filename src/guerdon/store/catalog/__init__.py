"""The catalog: what members may choose, and how it is read in."""
