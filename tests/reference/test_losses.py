"""Claims, short markets, bankruptcy and what is settled without a close (losses.md, liquidation.md)."""

from ledger import factor_times, unfunded_part
from liquidation import Liquidation
from margin import view_to_liquidate
from state import CLAIM_FACTOR_ONE, Position
from story import PRICE_250, SOL, USD, Story
from units import ATOM


class Claims(Story):
    def test_claims_are_funded_in_proportion(self):
        self.begin()
        ledger = self.exchange.markets[0].ledger
        self.claims(0, 300), self.claims(1, 700)
        ledger.backing = 500
        self.does("fund_claims", market=0)
        self.does("redeem_claim", account=0, market=0)
        self.does("redeem_claim", account=1, market=0)
        # half of each
        self.assertEqual([account.balance for account in self.exchange.accounts], [150, 350])
        ledger.backing = 500
        self.does("fund_claims", market=0)
        self.assertEqual((ledger.claim_round, ledger.claim_factor), (1, CLAIM_FACTOR_ONE))
        self.does("redeem_claim", account=1, market=0)
        self.assertEqual(self.exchange.accounts[1].balance, 700)

    def test_a_redemption_of_nothing_leaves_the_factor(self):
        self.begin()
        position = self.claims(0, 1)
        self.claims(1, 9)
        self.exchange.markets[0].ledger.backing = 3
        self.does("fund_claims", market=0)
        # ⌈1 · 7/10⌉ = 1: nothing of the first claim is funded.
        self.does("redeem_claim", "NothingToRedeem", account=0, market=0)
        self.assertEqual(position.claim_factor, CLAIM_FACTOR_ONE)

    def test_the_factor_rounds_up_and_keeps_its_digits(self):
        # 2^47 · 1/3 has 46 bits before the point: two doublings, rounded up.
        factor = factor_times(CLAIM_FACTOR_ONE, 1, 3)
        self.assertEqual(factor, (2 << 48) + -(-(2**49) // 3))
        for _ in range(50):
            factor = factor_times(factor, 1, 10**6)
        self.assertEqual(unfunded_part(10**18, factor, factor), 10**18)

    def test_waiving_what_is_not_funded_ends_the_round(self):
        self.begin()
        ledger = self.exchange.markets[0].ledger
        self.claims(0, 1_000)
        ledger.backing = 500
        self.does("fund_claims", market=0)
        self.does("waive_claim", account=0, market=0)
        self.assertEqual((self.exchange.accounts[0].balance, ledger.claims, ledger.claims_reserve), (500, 0, 0))
        self.assertEqual(ledger.claim_round, 1)

    def test_a_short_market_funds_nothing_before_all_profit_is_noted(self):
        self.begin()
        ledger, winner = self.exchange.markets[0].ledger, self.exchange.accounts[0]
        # $10 000 of profit, $100 of backing and nobody who loses: only a claim of $1 is noted.
        position = self.hold(0, 40 * SOL, 0)
        self.claims(1, USD)
        ledger.backing = 100 * USD
        self.publishes(250)
        self.assertEqual(ledger.short, 1)
        self.does("fund_claims", "ProfitsNotNoted", market=0)
        self.does("settle_pnl", account=0, market=0)
        self.assertEqual((position.claim, winner.balance), (10_000 * USD, 0))
        self.does("fund_claims", market=0)
        self.does("redeem_claim", account=0, market=0)
        # $100 for claims of $10 001, rounded down
        self.assertEqual(self.exchange.accounts[0].balance, 100 * USD * 10_000 // 10_001)


class Bankruptcy(Story):
    def test_who_pays(self):
        self.begin(markets=2)
        debtor, (first, second) = self.exchange.accounts[0], [market.ledger for market in self.exchange.markets]
        debtor.balance = 10
        self.owes(0, 100)
        self.claims(0, 20, market=1)
        second.backing = 5
        self.does("fund_claims", market=1)
        first.insurance, self.exchange.pool.insurance, first.backing = 30, 200, 0
        self.does("resolve_bankruptcy", "ClaimNotRedeemed", account=0, market=0)
        self.does("redeem_claim", account=0, market=1)
        self.does("resolve_bankruptcy", account=0, market=0)
        (first, second), (slot, claim) = [market.ledger for market in self.exchange.markets], debtor.positions[:2]
        # 15 of balance, 30 and a tenth of 200 of insurance, 35 by nobody
        self.assertEqual((first.backing, first.written_off, first.debts), (15 + 30 + 20, 35, 0))
        self.assertEqual((self.exchange.pool.insurance, first.shared_drawn), (180, 20))
        # Of 85 that others bore 15 is owed out of the claim, and paid before anything is taken out.
        self.assertEqual((slot.recoverable, claim.claim), (15, 15))
        second.backing = 15
        self.does("fund_claims", market=1)
        self.does("redeem_claim", account=0, market=1)
        self.does("withdraw", "DebtOutstanding", account=0, amount=15)
        self.does("settle_funding", account=0, market=0)
        self.assertEqual((debtor.balance, self.exchange.markets[0].ledger.insurance), (0, 15))
        self.assertEqual(debtor.positions[0], Position())

    def test_a_day_of_all_markets_and_the_limit_of_each(self):
        self.begin(markets=2, accounts=3, shared_draw_limit=150)
        pool = self.exchange.pool
        pool.insurance = 1_000
        for account, market in ((0, 0), (1, 1)):
            self.owes(account, 90, market)
            self.does("resolve_bankruptcy", account=account, market=market)
        # A tenth of 1 000 for both in the window: 90, then 10.
        drawn = [market.ledger.shared_drawn for market in self.exchange.markets]
        self.assertEqual((drawn, pool.insurance), ([90, 10], 900))
        self.later(86_400)
        self.owes(2, 90)
        self.does("resolve_bankruptcy", account=2, market=0)
        # 90 of the next window, of which the market's limit for life leaves 60.
        self.assertEqual((self.exchange.markets[0].ledger.shared_drawn, pool.insurance), (150, 840))


class UnpaidProfit(Story):
    def test_what_a_market_cannot_pay_lowers_its_own_margin_alone(self):
        self.begin()
        # Longs are $400 ahead and there are $100: these count, and the rest is more than the margin of $300.
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250 - 400 * USD * ATOM)
        self.exchange.markets[0].ledger.backing = 100 * USD
        health = self.health_of(self.exchange.accounts[0])
        self.assertEqual((health.equity, health.margin, health.required), (100 * USD, 300 * USD, 0))
        self.assertEqual((health.equity_on_cash, health.required_on_cash), (0, 0))

    def test_whoever_lives_on_it_is_settled_for_a_fee(self):
        self.begin(markets=2, accounts=2)
        debtor = self.exchange.accounts[0]
        # $2 000 ahead in one market and $1 000 behind in the other: $1 000 of equity for margins of $600, on cash −$1 000.
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250 - 2_000 * USD * ATOM)
        self.hold(0, 40 * SOL, 40 * SOL * PRICE_250 + 1_000 * USD * ATOM, market=1)
        self.liquidates(0, "NotLiquidatable", market=1)
        self.liquidates(0)
        # 1 bp of the profit; the position stays, its entry the price.
        profit = debtor.positions[0]
        self.assertEqual((self.bounties(), debtor.balance), (200_000, 2_000 * USD - 200_000))
        self.assertEqual((profit.size, profit.entry_notional), (40 * SOL, 40 * SOL * PRICE_250))
        self.liquidates(0, "NotLiquidatable")

    def test_a_penalty_is_at_least_what_trading_out_and_the_largest_bounty_cost(self):
        self.begin()
        debtor, market = self.exchange.accounts[0], self.exchange.markets[0]
        position = self.hold(0, 40 * SOL, 40 * SOL * PRICE_250)
        # 3 · 800 % · √(1 s) is 42.722 bp, however old the price is; 40 bp of impact at most, 4 bp of fee, and half of the penalty
        # of 1 %.
        market.averages.fast_volatility = 8_000_000
        for seconds in (0, 5, 15):
            view = view_to_liquidate(debtor, self.exchange.markets, 0, market.price.published + seconds)
            rate = Liquidation(debtor, position, market, view, None).rate()
            self.assertEqual(rate, 4_273 + 4_000 + 400 + 5_000)
        market.averages.fast_volatility = 0
        self.assertEqual(Liquidation(debtor, position, market, view, None).rate(), 10_000)

    def test_a_penalty_takes_at_most_what_is_left_after_the_close(self):
        # Two legs with half an atom of profit each: worth an atom together before, and half of one, which is none,
        # once the half of the closed leg has been rounded away. No penalty pays, so the market does: 1.8 bp.
        self.begin(markets=2)
        for market in (0, 1):
            self.hold(0, 40 * SOL, 40 * SOL * PRICE_250 - ATOM // 2, market)
        debtor = self.exchange.accounts[0]
        self.assertEqual((self.health_of(debtor).equity, self.health_of(debtor).margin), (1, 600 * USD))
        self.liquidates(0)
        self.assertEqual((debtor.positions[0], debtor.balance), (Position(), 0))
        self.assertEqual(self.bounties(), 1_800_000)
