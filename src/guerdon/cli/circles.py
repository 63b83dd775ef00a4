"""How often a process looks for circles among its objects: seldom, and never among what it began with.

Python looks through everything young after every seven hundred new objects, and now and then through all
there is. A batch makes tens of thousands that live until it commits, so a fifth of a worker's time went into
it, and none was found. In the web, where objects are few at a time, it was measured to gain nothing.
"""

import gc

WORKER_EVERY = 100_000


def seldom(every: int) -> None:
    """Leave alone what is there by now, and look after so many new objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(every)
