"""The daily controls: every figure of a program derived again from stored rows, by questions of their own.

They share no function with the engine, so that no mistake of it can hide in them; a file a noun, each control
with a key, and what it finds as (key, prefix of an id, the id, words).
"""
