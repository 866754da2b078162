"""The ledger's postings (specification/README.md): cash moves by these functions alone.

Each takes the account, its slot in the market, and the market's ledger, and changes them in place. A posting that
is refused later is undone by the exchange as a whole.
"""

from state import CLAIM_FACTOR_ONE
from units import (
    ATOM,
    MAX_SIZE,
    Refused,
    amount,
    atoms_ceil,
    atoms_floor,
    div_ceil,
    div_floor,
    positive_part,
    share_floor,
)

MANTISSA_BITS = 48
MANTISSA_END = 1 << MANTISSA_BITS
MAX_EXPONENT = (1 << 16) - 1


# --- The claim factor: mantissa · 2^-47 · 2^-exponent ---------------------------------------------------------------


def factor_parts(factor):
    return factor % MANTISSA_END, factor >> MANTISSA_BITS


def factor_times(factor, numerator, denominator):
    """The factor times a fraction below one, rounded up in the last of its 48 bits."""
    mantissa, exponent = factor_parts(factor)
    scaled = mantissa * numerator
    while div_floor(scaled, denominator) < MANTISSA_END >> 1:
        scaled *= 2
        exponent += 1
    mantissa = div_ceil(scaled, denominator)
    if mantissa == MANTISSA_END:
        mantissa, exponent = mantissa >> 1, exponent - 1
    if exponent > MAX_EXPONENT:
        raise Refused("Overflow")
    return (exponent << MANTISSA_BITS) + mantissa


def unfunded_part(claim, factor_now, factor_then):
    """`⌈claim · P / P_i⌉`."""
    mantissa_now, exponent_now = factor_parts(factor_now)
    mantissa_then, exponent_then = factor_parts(factor_then)
    return div_ceil(claim * mantissa_now, mantissa_then << (exponent_now - exponent_then))


def funded_part(position, ledger):
    """What of a claim has its cash in the reserve: all of it once its round is over."""
    if position.claim == 0:
        return 0
    if position.claim_round != ledger.claim_round:
        return position.claim
    return position.claim - unfunded_part(position.claim, ledger.claim_factor, position.claim_factor)


# --- Claims ---------------------------------------------------------------------------------------------------------


def begin_next_round(ledger):
    ledger.claim_round += 1
    ledger.claim_factor = CLAIM_FACTOR_ONE


def look_for_end_of_round(ledger):
    """What the reserve holds above the claims returns to the backing; with all claims funded a round is over."""
    excess = positive_part(ledger.claims_reserve - ledger.claims)
    ledger.claims_reserve -= excess
    ledger.backing = amount(ledger.backing + excess)
    if ledger.claims_reserve == ledger.claims and ledger.claim_factor != CLAIM_FACTOR_ONE:
        begin_next_round(ledger)


def redeem(account, position, ledger):
    """Pays what is funded of a claim. Where nothing is, the slot stays as it is, its factor too."""
    paid = funded_part(position, ledger)
    if paid == 0:
        return 0
    ledger.claims_reserve -= paid
    ledger.claims -= paid
    position.claim -= paid
    position.claim_factor = ledger.claim_factor
    position.claim_round = ledger.claim_round
    account.balance = amount(account.balance + paid)
    look_for_end_of_round(ledger)
    return paid


def drop_claim(position, ledger, dropped):
    """Takes a part off a claim without cash: set off or waived."""
    if dropped == 0:
        return
    position.claim -= dropped
    ledger.claims -= dropped
    look_for_end_of_round(ledger)


def add_claim(position, ledger, added):
    """A claim that grows is counted anew at the market's factor: what was funded of it has been redeemed."""
    if added == 0:
        return
    position.claim = amount(position.claim + added)
    position.claim_factor = ledger.claim_factor
    position.claim_round = ledger.claim_round
    ledger.claims = amount(ledger.claims + added)


def fund_claims(ledger):
    """Sets backing aside for the claims, pro rata."""
    unfunded = ledger.unfunded_claims()
    moved = min(ledger.backing, unfunded)
    if moved <= 0:
        raise Refused("NothingToFund")
    if moved < unfunded:
        factor = factor_times(ledger.claim_factor, unfunded - moved, unfunded)
        if factor == ledger.claim_factor:
            raise Refused("NothingToFund")
        ledger.claim_factor = factor
    else:
        begin_next_round(ledger)
    ledger.backing -= moved
    ledger.claims_reserve += moved


# --- Losses, gains, debts -------------------------------------------------------------------------------------------


def payable(ledger):
    """The cash from which the market pays profit now: none while claims wait or the market is short."""
    return 0 if ledger.unfunded_claims() > 0 or ledger.short else ledger.backing


def loss(account, position, ledger, lost):
    """LOSS(y): set off against the claim, paid from the balance, the rest a debt. Returns the cash collected."""
    redeem(account, position, ledger)
    set_off = min(lost, position.claim)
    drop_claim(position, ledger, set_off)
    cash = min(account.balance, lost - set_off)
    account.balance -= cash
    ledger.backing = amount(ledger.backing + cash)
    owed = lost - set_off - cash
    position.debt = amount(position.debt + owed)
    ledger.debts = amount(ledger.debts + owed)
    return cash


def gain(account, position, ledger, gained):
    """GAIN(x): set off against the debt, paid from the backing, the rest a claim."""
    redeem(account, position, ledger)
    set_off = min(gained, position.debt)
    position.debt -= set_off
    ledger.debts -= set_off
    cash = min(payable(ledger), gained - set_off)
    ledger.backing -= cash
    account.balance = amount(account.balance + cash)
    add_claim(position, ledger, gained - set_off - cash)


def post(account, position, ledger, result):
    """A gain, or a loss where the result is negative."""
    if result >= 0:
        gain(account, position, ledger, result)
    else:
        loss(account, position, ledger, -result)


def repay(account, position, ledger):
    """What is owed, from the balance: the debt to the backing, then what is recoverable to the insurance."""
    paid = min(account.balance, position.debt)
    account.balance -= paid
    ledger.backing = amount(ledger.backing + paid)
    position.debt -= paid
    ledger.debts -= paid
    recovered = min(account.balance, position.recoverable)
    account.balance -= recovered
    ledger.insurance = amount(ledger.insurance + recovered)
    position.recoverable -= recovered


def charge_fee(account, position, ledger, fee, protocol_share):
    collected = loss(account, position, ledger, fee)
    for_protocol = share_floor(collected, protocol_share)
    ledger.backing -= for_protocol
    ledger.protocol_fees = amount(ledger.protocol_fees + for_protocol)


def forfeit(account, ledger, charge, equity, protocol_share):
    """What an armed order pays to the insurance that could not be filled, as far as there are balance and equity."""
    paid = min(charge, account.balance, positive_part(equity))
    for_protocol = share_floor(paid, protocol_share)
    account.balance -= paid
    ledger.insurance = amount(ledger.insurance + paid - for_protocol)
    ledger.protocol_fees = amount(ledger.protocol_fees + for_protocol)
    return paid


# --- Positions ------------------------------------------------------------------------------------------------------


def settle(account, position, ledger):
    """Settles a slot: what is funded of its claim is redeemed, before and after its funding is settled.

    Returns how much funding that is, whichever way it goes.
    """
    redeem(account, position, ledger)
    funding = settle_funding_of(account, position, ledger) if position.size != 0 else 0
    redeem(account, position, ledger)
    return funding


def settle_funding_of(account, position, ledger):
    side = ledger.sides[position.side()]
    size = abs(position.size)
    owed = size * (side.funding_index - position.funding_index)  # raw
    side.funding_checkpoint += owed
    position.funding_index = side.funding_index
    if owed > 0:
        loss(account, position, ledger, atoms_ceil(owed))
        return atoms_ceil(owed)
    if owed < 0:
        gain(account, position, ledger, atoms_floor(-owed))
    return atoms_floor(-owed)


def increase(position, ledger, size, fill_notional, slot):
    """Opens a position, which gets the market's next number, or adds to it; its funding is settled."""
    if position.size == 0:
        ledger.positions_opened += 1
        position.number = ledger.positions_opened
    position.size += size
    if abs(position.size) > MAX_SIZE:
        raise Refused("SizeOutOfRange")
    position.entry_notional += fill_notional
    position.last_increase_slot = slot
    side = ledger.sides[position.side()]
    position.funding_index = side.funding_index
    side.open_interest += abs(size)
    if side.open_interest > MAX_SIZE:
        raise Refused("Overflow")
    side.entry_notional += fill_notional
    side.funding_checkpoint += abs(size) * side.funding_index


def reduce(account, position, ledger, closed, fill_notional):
    """Closes a part of a position or all of it and realizes what the fill fetched beyond the part's entry."""
    side = ledger.sides[position.side()]
    is_long = position.size > 0
    entry = div_floor(position.entry_notional * closed, abs(position.size))
    position.entry_notional -= entry
    position.size -= closed if is_long else -closed
    side.open_interest -= closed
    side.entry_notional -= entry
    side.funding_checkpoint -= closed * position.funding_index
    realized = fill_notional - entry if is_long else entry - fill_notional
    post(account, position, ledger, atoms_floor(realized))


def shift_entry(position, ledger, profit):
    """Moves the entry by exactly what was posted of a profit, or of a loss where it is negative, in atoms."""
    by = profit * ATOM if position.size > 0 else -profit * ATOM
    position.entry_notional += by
    ledger.sides[position.side()].entry_notional += by
