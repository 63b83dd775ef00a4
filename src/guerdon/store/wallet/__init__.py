"""What members have, as rows: purses, lots and holds, read under the member's lock and written in sets.

The same few statements write one spend and a thousand lots that ended in the night. Members are locked first,
in the order of their ids, and pools last, in the order of their names.
"""
