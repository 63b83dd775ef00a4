"""Broadcasts: a message told to a segment, checked before it goes, spread over a time, halted at a word."""
