"""What auditors read: the audit, its seals and proofs, and the evidence of a period."""
