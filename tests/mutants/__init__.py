"""Defects that a test must notice: modules here declare some as MUTANTS, the catalog gives the rest."""
