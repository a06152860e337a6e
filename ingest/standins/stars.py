"""Stars that nobody gave: a plausible number for every repository and day, the same whenever it is asked for."""

import math
from datetime import date, timedelta

_FIRST = date(2022, 9, 1)


def stars_on(seed: int, born: date | None, day: date) -> int:
    """The made-up stars of a repository at the end of a day: most have few, they never fall, some have a second spring."""
    parts = [(seed >> shift) % 1000 / 1000 for shift in (0, 7, 13, 19)]
    born = born or _FIRST + timedelta(days=int(parts[1] * 900))
    age = (day - born).days
    if age < 0:
        return 0
    most = 15 * 1500 ** (parts[0] ** 1.5)
    risen = 1 - math.exp(-age / (40 + 400 * parts[2]))
    spring = born + timedelta(days=int(200 + 700 * parts[3]))
    again = 0.6 / (1 + math.exp(-(day - spring).days / 12)) if seed % 5 == 0 else 0.0
    return int(most * (risen + again + age / 4000))
