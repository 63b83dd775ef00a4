"""What a CRM is told: what contacts have (`saying`, `telling`), in batches (`sending`, `judging`)."""
