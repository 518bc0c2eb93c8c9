import pytest
from order import spread


class Item:
    def __init__(self, seconds=0.0):
        self.seconds = seconds

    def get_closest_marker(self, _):
        return type("Mark", (), {"args": (self.seconds,)}) if self.seconds else None


@pytest.mark.parametrize("workers", [1, 2, 3, 40])
@pytest.mark.parametrize("seconds", [(), (150,), (9, 150, 40, 35, 20, 12)])
def test_each_share_begins_with_its_long_tests_and_none_is_lost(workers, seconds):
    short = [Item() for _ in range(20)]
    given = [*short[:7], *map(Item, seconds), *short[7:]]

    ordered = spread(given, workers)

    assert sorted(map(id, ordered)) == sorted(map(id, given))
    assert [item for item in ordered if not item.seconds] == short  # in the order drawn
    assert not seconds or ordered[0].seconds == 150
    if workers == 3 and len(seconds) > 3:
        at = [next(i for i, one in enumerate(ordered) if one.seconds == s) for s in (150, 40, 35)]
        assert at == [0, len(given) // 3, len(given) // 3 + (len(given) - len(given) // 3) // 2]
