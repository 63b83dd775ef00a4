from tests.web.intake.house import House, change, packed


def test_x(house: House) -> None:
    a = house.hook(packed(change()))
    assert (a.status, a.body) == (200, {"accepted": 1, "duplicates": 0, "quarantined": 0})
    print(house.tally())
    house.decide()
    print(house.tally())
