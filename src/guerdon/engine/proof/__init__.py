"""What proves that the books are right: daily controls, seals over the audit, evidence, restored books."""
