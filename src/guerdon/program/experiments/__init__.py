"""Experiments and holdouts: who is in which arm, by a hash that anybody can compute again."""
