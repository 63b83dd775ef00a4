"""T-14: the API keeps to its own description, whatever is asked."""

import pytest
from tests.api.house import ApiHouse, furnish
from tests.api.walk import walk

def furnished(house: ApiHouse):
    furnish(house)
    m=house.member()
    for _ in range(3):
        house.post(f"/members/{m}/spends", {"unit":"PTS","amount":10})
        house.post(f"/members/{m}/holds", {"unit":"PTS","amount":10,"purpose":"x"})
    house.post("/requests/adjustments",{"member":m,"unit":"PTS","amount":100,"payer":"budget:pot:DE","reason":"because"})

def test_try(house: ApiHouse) -> None:
    furnished(house)
    from django.core.handlers.wsgi import WSGIHandler
    import time
    t=time.time()
    w=walk(house, WSGIHandler(), 15, 1)
    print(time.time()-t, w.cases, w.statuses); print(w.by_operation); print(set(w.by_operation)-w.succeeded)
    from collections import Counter
    print(Counter(f.split(":")[0] for f in w.failures))
    seen=set()
    for f in w.failures:
        k=f[:60]
        if k in seen: continue
        seen.add(k); print(f[:1800]); print("-----")
