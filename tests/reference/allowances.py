"""What restrictions may cost in 72 hours, and how it comes back (governance.md, Allowances)."""

from dataclasses import dataclass

WINDOW = 72 * 3_600
GRACE = 120


@dataclass(frozen=True)
class Allowance:
    """Seconds that may be spent at once, that come back in 72 hours, and that each restriction costs besides."""

    capacity: int
    refill: int
    besides: int

    def spent(self, record, now):
        """In 1/259 200 of a second."""
        back = self.refill * max(0, now - record.spent_at)
        return max(0, record.spent - back)

    def give_back(self, record, seconds, now):
        """Brings what is spent up to now, less what a restriction did not last."""
        record.spent = max(0, self.spent(record, now) - seconds * WINDOW)
        record.spent_at = max(now, record.spent_at)

    def charge(self, record, seconds, limit, now):
        """Charges what a restriction costs. Returns whether the limit covers it; where it does not nothing changes."""
        spent = self.spent(record, now) + (seconds + self.besides) * WINDOW
        if spent > limit * WINDOW:
            return False
        record.spent, record.spent_at = spent, max(now, record.spent_at)
        return True


PAUSES = Allowance(capacity=480, refill=120, besides=GRACE)
REDUCTIONS = Allowance(capacity=36_000, refill=6_600, besides=0)
GRACES = Allowance(capacity=360, refill=240, besides=GRACE)
