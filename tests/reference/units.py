"""Units, ranges and rounding.

Every quantity is a plain int in the unit that docs/units.md gives it:

    atoms     10^-quote_decimals of the quote token; cash, margins and equity
    raw       2^-40 atom, the text's x40; notionals, entries and unrealized profit
    price     raw per base unit
    index     raw per base unit, cumulative
    ppm       10^-6; shares, fractions and weights
    rate      2^-60 per second

Python's integers have no end. Where the text gives a number a range, it is checked by name where it is computed,
because a rule that is checked later must not win. Each division says in which direction it rounds.
"""

from math import isqrt

ATOM = 1 << 40  # raw per atom, the text's X40
PPM = 10**6

MAX_AMOUNT = 1 << 62
MAX_NOTIONAL = 1 << 60
MAX_SIDE_NOTIONAL_TO_INCREASE = 1 << 52
MAX_SIZE = 1 << 57
MAX_PRICE = 1 << 50
MAX_PRICE_TO_INCREASE = 1 << 46
MAX_INDEX = 1 << 60


class Refused(Exception):
    """An operation that the rules do not allow; `name` is the error's name in docs/errors.md."""

    def __init__(self, name):
        super().__init__(name)
        self.name = name


def div_floor(dividend, divisor):
    return dividend // divisor


def div_ceil(dividend, divisor):
    return -(-dividend // divisor)


def atoms_floor(raw):
    return raw // ATOM


def atoms_ceil(raw):
    return -(-raw // ATOM)


def share_floor(amount, ppm):
    return amount * ppm // PPM


def share_ceil(amount, ppm):
    return -(-amount * ppm // PPM)


def sqrt_floor(number):
    return isqrt(number)


def sqrt_ceil(number):
    root = isqrt(number)
    return root if root * root == number else root + 1


def sign(number):
    return (number > 0) - (number < 0)


def positive_part(number):
    return number if number > 0 else 0


def negative_part(number):
    return -number if number < 0 else 0


def amount(atoms):
    """An amount as a field can hold it."""
    if not 0 <= atoms <= MAX_AMOUNT:
        raise Refused("Overflow")
    return atoms


def clamp(number, low, high):
    return max(low, min(number, high))


def notional(size, price):
    """Size times price in raw; a notional of more than 2^60 atoms has no value."""
    raw = abs(size) * price
    if raw > MAX_NOTIONAL * ATOM:
        raise Refused("NotionalOutOfRange")
    return raw
