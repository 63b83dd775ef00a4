"""What a batch of events asks about its members before it decides, and the rows that only some batches write.

Every question is about all members of the batch at once, and asked only when some rule of its events could
need the answer. Members are locked already; whoever else changes what is read here locks them too.
"""
