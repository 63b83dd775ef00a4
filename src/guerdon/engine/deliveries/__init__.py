"""The delivery clock: following what was given and ordered, forecasting what is open, and telling in time."""
