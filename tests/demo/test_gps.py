"""A receiver's error is as large as it says, goes along with the way, and rests when the unit does."""

import statistics

from hypothesis import given, settings
from hypothesis import strategies as st

from backend.demo.gps import BEST_M, WORST_M, Gps
from backend.demo.streets import metres_between
from tests.demo.networks import town_driver


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(["car", "e_bike", "foot"]), st.integers(0, 1000))
def test_error_is_within_what_is_said_and_does_not_jitter(kind: str, seed: int) -> None:
    driver, gps = town_driver(kind, seed), Gps(seed)
    last = None
    for _ in range(300):
        driver.advance(1)
        sample = gps.look(driver)
        here = driver.longitude, driver.latitude
        error = sample.longitude - here[0], sample.latitude - here[1]
        assert BEST_M <= sample.accuracy <= WORST_M
        assert metres_between(here, (sample.longitude, sample.latitude)) <= sample.accuracy + 0.01
        assert (sample.speed, sample.heading) == (driver.speed, driver.heading)
        if last is not None:
            changed = metres_between((113.1 + last[0][0], 28.2 + last[0][1]), (113.1 + error[0], 28.2 + error[1]))
            moved = metres_between(last[1], here)
            assert changed < 1 if moved == 0 else changed < 4 + moved
        last = error, here


def test_errors_are_of_the_size_of_real_ones() -> None:
    errors = []
    for seed in range(60):
        driver, gps = town_driver("car", seed), Gps(seed)
        for _ in range(30):
            driver.advance(20)
            sample = gps.look(driver)
            errors.append(metres_between((driver.longitude, driver.latitude), (sample.longitude, sample.latitude)))
    assert 1.5 < statistics.median(errors) < 6
    assert max(errors) > 5


def test_standing_unit_does_not_dance() -> None:
    driver, gps = town_driver("car", 4), Gps(4)
    driver.advance(600)
    while driver.speed > 0:
        driver.advance(1)
    places = set()
    while driver.speed == 0:
        sample = gps.look(driver)
        places.add((sample.longitude, sample.latitude))
        driver.advance(1)
    assert len(places) == 1
