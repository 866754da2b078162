"""Requests for liquidity and boundaries as plain records, with the fields of docs/accounts.md."""

from dataclasses import dataclass

from units import amount as checked

# How far the share price may move against a request, in ppm, by the limit's number; any distance under the first.
PRICE_LIMITS = (None, 10_000, 20_000, 50_000, 100_000)
DEPOSIT, WITHDRAWAL = 0, 1
# At so many boundaries ahead requests can wait at a time.
QUEUE_BOUNDARIES = 32


@dataclass(frozen=True)
class BoundaryReading:
    """A reading that may be the one of a boundary; its publish time is zero where there is none."""

    price: int = 0
    confidence: int = 0
    published: int = 0
    previous: int = 0


@dataclass(frozen=True)
class RequestSums:
    """Requests of one kind: by their limits what they ask for together, and how many there are."""

    amounts: tuple = (0,) * len(PRICE_LIMITS)
    requests: tuple = (0,) * len(PRICE_LIMITS)

    def plus(self, other):
        return RequestSums(
            tuple(checked(one + more) for one, more in zip(self.amounts, other.amounts)),
            tuple(one + more for one, more in zip(self.requests, other.requests)),
        )

    def under(self, limits):
        """Those under some of the limits alone."""
        return RequestSums(
            tuple(amount * is_in(limit, limits) for limit, amount in enumerate(self.amounts)),
            tuple(count * is_in(limit, limits) for limit, count in enumerate(self.requests)),
        )


@dataclass(frozen=True)
class Waiting:
    """The requests of one boundary and the lamports they have paid for it; the boundary is zero without any, and of the
    rest, which belongs to whatever boundary is kept next."""

    boundary: int = 0
    lamports: int = 0
    deposits: RequestSums = RequestSums()
    withdrawals: RequestSums = RequestSums()

    def plus(self, other):
        """Both together, at the boundary of the first."""
        return Waiting(
            self.boundary,
            self.lamports + other.lamports,
            self.deposits.plus(other.deposits),
            self.withdrawals.plus(other.withdrawals),
        )


@dataclass
class Epoch:
    """The pool's cash at a boundary, with what its markets are found to have been worth then to those who leave and to
    those who enter, and what their traders have won or lost that is not settled."""

    cash: int = 0
    lower: int = 0
    upper: int = 0
    unsettled: int = 0
    markets: int = 0
    valued: int = 0
    waiting: Waiting = Waiting()


@dataclass(frozen=True)
class LastEpoch:
    """The cash at the last boundary that was closed, placed or not, and the shares there were."""

    boundary: int = 0
    upper: int = 0
    shares: int = 0


@dataclass
class ClosedEpoch:
    """What a boundary made of its requests; the limits it accepted are bits."""

    previous: int
    boundary: int
    rest_belongs_from: int
    lower: int
    upper: int
    shares: int
    deposited: int
    issued: int
    leaving: int
    redeemed: int
    paid: int
    payable: int
    lamports_each: int
    requests: int
    deposits_accepted: int
    withdrawals_accepted: int


@dataclass
class Paid:
    """What an operation pays in lamports to its caller or a request's owner, what a close keeps for owners, what of orders goes
    home, what an order costs that cannot be filled, and what an owner gets."""

    lamports: int = 0
    lamports_kept: int = 0
    lamports_returned: int = 0
    forfeited: int = 0
    tokens: int = 0
    shares: int = 0


@dataclass
class Request:
    kind: int
    amount: int
    belongs_from: int
    limit: int


def is_in(limit, limits):
    """Whether the limit of this number is one of those whose bits are set."""
    return limits >> limit & 1
