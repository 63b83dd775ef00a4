"""The program as data: what one brand wrote, read with every mistake found, and checked.

One file for each noun of the trade; all of them are called from `load.py` in the order in which the
nouns build on each other. Imports only `expressions` and what lies below it.
"""
