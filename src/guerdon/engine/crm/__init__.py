"""CRMs that are asked and told: what the engine needs of one is `port`; a vendor's folder implements it."""
