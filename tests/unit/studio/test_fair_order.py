"""Start-time fair queueing: shares are equal while both wait, whatever is asked for."""

from collections import Counter

from studio.fair_order import FairOrder


def served(order: FairOrder, waiting: dict[str, tuple[int, float]], seconds: float) -> Counter:
    """Seconds of work that each person got until ``seconds`` are over; ``waiting``: how many things of which cost."""
    tagged = [(order.enter(who, cost), who, cost) for who, (count, cost) in waiting.items() for _ in range(count)]
    got: Counter = Counter()
    for start, who, cost in sorted(tagged):
        if sum(got.values()) >= seconds:
            break
        order.serve(start)
        got[who] += cost
    return got


def test_one_who_asks_for_much_does_not_get_more() -> None:
    got = served(FairOrder(), {"photographs": (20, 10.0), "digits": (400, 0.5)}, 200)
    assert abs(got["photographs"] - got["digits"]) <= 10


def test_many_small_wishes_are_no_better_than_few_large_ones() -> None:
    got = served(FairOrder(), {"a": (100, 1.0), "b": (10, 10.0), "c": (50, 2.0)}, 150)
    assert max(got.values()) - min(got.values()) <= 10


def test_a_newcomer_is_next_and_is_not_paid_for_the_time_before() -> None:
    order = FairOrder()
    for start in [order.enter("early", 1.0) for _ in range(10)][:5]:
        order.serve(start)
    assert order.enter("late", 1.0) == 4.0  # the virtual time, before the sixth of the other
    assert order.enter("late", 1.0) == 5.0
    assert order.enter("early", 1.0) == 10.0


def test_a_wrong_guess_is_made_good_and_what_was_not_done_is_given_back() -> None:
    order = FairOrder()
    order.enter("photographs", 1.0)
    order.correct("photographs", 9.0)
    assert order.position("photographs") == 10.0
    order.correct("photographs", -10.0)
    assert order.position("photographs") == 0.0


def test_whoever_is_owed_nothing_is_forgotten() -> None:
    order = FairOrder()
    for number in range(1000):
        order.serve(order.enter(f"visitor {number}", 1.0) + 1)
    assert len(order._finish) <= 1
