"""The pages of decisions: what waits for people, what exactly would happen, and forms that ask or answer."""
