"""Tremendous: orders of one reward, which its member opens by a link. `README.md` says what is relied on."""
