//! Whatever is done between a boundary, its valuations, its close and its payments changes no price by an atom.

use super::*;
use crate::fixtures::{usdc, USDC};
use crate::invariants::{check_invariants, total_cash, ExchangeView};
use crate::market::Ready;
use crate::operations::market::plan_fund_claims;
use crate::operations::position::{
    plan_liquidation, plan_settle_funding, plan_settle_pnl, plan_trade, LiquidationOrder, Order,
};
use crate::risk::portfolio::Portfolio;
use crate::state::{Account, ClosedEpoch, ExchangeState};
use crate::units::{Clock, SignedSize, Size};
use bytemuck::Zeroable;
use proptest::prelude::*;
use std::vec::Vec;

#[derive(Clone, Copy, Debug)]
enum Action {
    /// Thousandths of a SOL.
    Trade(i64),
    SettleFunding,
    SettlePnl,
    Liquidate,
    /// The price in thousandths of what it was.
    Move(i64),
    FundClaims,
    /// To a target in thousands of dollars.
    Allocate(u64),
    /// Another deposit, of dollars.
    Deposit(u64),
    /// Nothing but a look.
    Refresh,
}

/// What a trader, by whose number its market is known as well, does after so many seconds.
fn actions() -> impl Strategy<Value = Vec<(usize, i64, Action)>> {
    let action = prop_oneof![
        4 => (-400_000i64..400_000).prop_map(Action::Trade),
        1 => Just(Action::SettleFunding),
        3 => Just(Action::SettlePnl),
        2 => Just(Action::Liquidate),
        3 => (850i64..1_150).prop_map(Action::Move),
        1 => Just(Action::FundClaims),
        3 => (0u64..200).prop_map(Action::Allocate),
        1 => (100u64..10_000).prop_map(Action::Deposit),
        1 => Just(Action::Refresh),
    ];
    prop::collection::vec((0usize..4, 0i64..20, action), 0..8)
}

/// Two markets with two traders each, and a pool of a million dollars.
#[derive(Clone)]
struct World {
    pool: Pool,
    queue: Queue,
    state: ExchangeState,
    markets: [Market; 2],
    accounts: [Account; 4],
    liquidator: Account,
    prices: [i64; 2],
    seconds: i64,
    /// A deposit and a withdrawal of the boundary.
    requests: [Request; 2],
}

impl World {
    fn new() -> Self {
        let markets = [0, 1].map(|index| {
            let mut market = Market { index, ..sol_market() };
            market.ledger.backing = usdc(100_000);
            market.ledger.net_principal = usdc(100_000);
            market.target_backing = usdc(100_000);
            market
        });
        let mut pool = Pool { shares: usdc(1_200_000), placed: usdc(200_000), ..pool(1_000_000 * USDC) };
        pool.parameters.withdrawal_notice = 600;
        let (queue, state) = (Queue::default(), ExchangeState::default());
        let accounts = [Account { balance: usdc(40_000), ..Account::zeroed() }; 4];
        let (liquidator, prices, requests) = (Account::zeroed(), [25_000_000_000; 2], [Request::default(); 2]);
        let mut world = Self { pool, queue, state, markets, accounts, liquidator, prices, seconds: 0, requests };
        world.requests = [(RequestKind::Deposit, 5_000), (RequestKind::Withdrawal, 7_000)]
            .map(|(kind, dollars)| world.request(kind, usdc(dollars)));
        assert_eq!(world.state.boundary, at(BOUNDARY).now);
        // Positions are opened in both markets, so late that their prices are fresh when the boundary comes.
        world.seconds = BOUNDARY - 200;
        for (who, size) in [(0, 100_000), (1, -60_000), (2, -80_000), (3, 20_000)] {
            world.play((who, 1, Action::Trade(size)));
        }
        assert!(world.markets.iter().all(|market| !market.ledger.is_flat()));
        world
    }

    fn clock(&self) -> Clock {
        // A slot a second, so that nobody is kept from reducing.
        Clock { slot: u64::try_from(self.seconds + 1).unwrap(), ..at(self.seconds) }
    }

    fn session(&self) -> Session {
        self.state.session(self.clock())
    }

    /// Everybody's cash, all books being in order.
    fn cash(&self) -> Atoms {
        let accounts: Vec<_> = self.accounts.iter().copied().chain([self.liquidator]).collect();
        let (markets, pool, none) = (&self.markets, &self.pool, Atoms::ZERO);
        let mut view = ExchangeView { accounts: &accounts, markets, pool, vault: none, donated: none };
        view.vault = total_cash(&view).unwrap();
        assert_eq!(check_invariants(&view), Ok(()));
        view.vault
    }

    /// The market refreshed with its price of now, and the account beside it.
    fn ready(&mut self, who: usize, act: impl FnOnce(&mut Account, &mut Account, &mut Pool, &mut Ready<'_>, &Session)) {
        let (session, price) = (self.session(), self.prices[who / 2]);
        let reading = reading(price, 0, self.seconds);
        let market = &mut self.markets[who / 2];
        let mut ready = market.refresh(Some(&reading), &session).unwrap();
        act(&mut self.accounts[who], &mut self.liquidator, &mut self.pool, &mut ready, &session);
    }

    fn play(&mut self, (who, passed, action): (usize, i64, Action)) {
        self.seconds += passed;
        let (before, seconds, clock) = (self.cash(), self.seconds, self.clock());
        let mut entered = Atoms::ZERO;
        match action {
            Action::Trade(thousandths) => self.ready(who, |account, _, _, market, _| {
                let order = Order::at_any_price(SignedSize::new(thousandths * 1_000_000));
                let portfolio = Portfolio::new(account, Some(&**market), [], clock).unwrap();
                if let Ok(plan) = plan_trade(&portfolio, market, &order) {
                    plan.apply(account, market);
                }
            }),
            Action::SettleFunding => self.ready(who, |account, _, _, market, _| {
                if let Ok(plan) = plan_settle_funding(account, market) {
                    plan.ledger.apply(account, market);
                }
            }),
            Action::SettlePnl => self.ready(who, |account, liquidator, pool, market, session| {
                if let Ok(plan) = plan_settle_pnl(account, market) {
                    let rewarded = plan.rewarded(pool, session).unwrap();
                    rewarded.plan.ledger.apply(account, market);
                    *pool = rewarded.pool;
                    liquidator.balance = liquidator.balance.checked_add(rewarded.reward).unwrap();
                }
            }),
            Action::Liquidate => self.ready(who, |account, liquidator, _, market, _| {
                let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };
                let portfolio = Portfolio::new(account, Some(&**market), [], clock).unwrap();
                if let Ok(plan) = plan_liquidation(&portfolio, market, &order) {
                    plan.apply(account, liquidator, market).unwrap();
                }
            }),
            Action::Move(thousandths) => {
                let price = &mut self.prices[who / 2];
                *price = (*price / 1_000 * thousandths).clamp(5_000_000_000, 100_000_000_000);
                self.ready(who, |_, _, _, _, _| {});
            }
            Action::FundClaims => self.ready(who, |_, _, _, market, session| {
                if let Ok(plan) = plan_fund_claims(market, session.clock) {
                    *market.ledger_mut() = plan.ledger;
                }
            }),
            Action::Allocate(thousands) => {
                let session = self.session();
                self.pool.keep_at_boundary(&mut self.queue, 2, &session).unwrap();
                self.markets[who / 2].target_backing = usdc(thousands * 1_000);
                self.ready(who, |_, _, pool, market, session| {
                    if let Ok(plan) = plan_allocate_backing(pool, market, session) {
                        plan.apply(pool, market);
                    }
                });
            }
            Action::Deposit(dollars) => {
                entered = usdc(dollars);
                self.request(RequestKind::Deposit, entered);
            }
            Action::Refresh => {
                let session = self.session();
                self.markets[who / 2].refresh(None, &session).unwrap();
            }
        }
        assert_eq!(self.cash(), before.checked_add(entered).unwrap(), "{action:?} at {seconds}");
    }

    fn request(&mut self, kind: RequestKind, amount: Atoms) -> Request {
        let (clock, limit) = (self.clock(), PriceLimit::TenPercent);
        let plan = match kind {
            RequestKind::Deposit => plan_request_deposit(&self.pool, &self.state, amount, limit, 40_000, clock),
            RequestKind::Withdrawal => {
                plan_request_withdrawal(&self.pool, &self.state, amount, amount, limit, 40_000, clock)
            }
        };
        let plan = plan.unwrap();
        plan.apply(&mut self.pool, &mut self.queue, &mut self.state, 2, clock).unwrap();
        plan.request
    }

    /// The first instruction after the boundary in one market and in the pool, and its valuation where it is due.
    fn value(&mut self, index: usize) {
        let session = self.session();
        self.markets[index].refresh(None, &session).unwrap();
        self.pool.keep_at_boundary(&mut self.queue, 2, &session).unwrap();
        // $260 and $240, the price of nobody's trades.
        let boundary = session.boundary.get() - NOW;
        let reading = reading([26_000_000_000, 24_000_000_000][index], 10_000_000, boundary);
        let reading = reading.with_previous(NOW + boundary - 1);
        value_market(&mut self.pool, &mut self.markets[index], Some(&reading), &session).unwrap();
    }

    fn close(&mut self) -> ClosedEpoch {
        let plan = plan_close_epoch(&self.pool, 0, &self.session()).unwrap();
        plan.apply(&mut self.pool, &mut self.queue, &mut self.state).unwrap();
        plan.closed
    }
}

/// What is done before each step of a boundary's course and after the last.
type Between = [Vec<(usize, i64, Action)>; 5];

/// The epoch as it was closed, and what the deposit and the withdrawal got, with these actions between the steps.
fn course(mut world: World, order: [usize; 2], between: &Between) -> (ClosedEpoch, [Atoms; 2]) {
    // Where nothing is done between, the first instruction after the boundary is the market's valuation minutes later.
    let play = |world: &mut World, step: usize| {
        between[step].iter().for_each(|action| world.play(*action));
        world.seconds = BOUNDARY + 200 * i64::try_from(step + 1).unwrap();
    };
    world.seconds = BOUNDARY;
    play(&mut world, 0);
    world.value(order[0]);
    play(&mut world, 1);
    world.value(order[1]);
    play(&mut world, 2);
    let whole = world.close();
    play(&mut world, 3);
    let deposit = plan_pay_request(&world.pool, &whole, &world.requests[0], RequestKind::Deposit).unwrap();
    world.pool = deposit.pool;
    play(&mut world, 4);
    let withdrawal =
        plan_pay_request(&world.pool, &deposit.closed, &world.requests[1], RequestKind::Withdrawal).unwrap();
    assert_eq!((deposit.request_left, withdrawal.request_left), (None, None));
    (whole, [deposit.shares, withdrawal.tokens])
}

fn quiet(world: &World) -> (ClosedEpoch, [Atoms; 2]) {
    course(world.clone(), [0, 1], &Between::default())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn nothing_done_between_boundary_valuations_close_and_payment_changes_a_price(
        before in actions(), between in prop::array::uniform5(actions()), swapped: bool,
    ) {
        let mut world = World::new();
        before.iter().for_each(|action| world.play(*action));
        let order = if swapped { [1, 0] } else { [0, 1] };
        let quiet = quiet(&world);
        prop_assert_eq!(course(world, order, &between), quiet);
        // Where losers owe too much the deposit is returned.
        prop_assert!(quiet.0.deposited == usdc(5_000) || quiet.0.deposited.is_zero());
        prop_assert_eq!(quiet.0.leaving, usdc(7_000));
    }
}

#[test]
fn attack_moving_backing_between_two_valuations_counts_it_neither_twice_nor_not_at_all() {
    // Once the first market is valued, all that its positions leave free leaves it and the second. Nothing enters before the close.
    let world = World::new();
    let quiet = quiet(&world);
    let mut between = Between::default();
    between[1] = Vec::from([(0, 5, Action::Allocate(0)), (2, 5, Action::Allocate(0))]);
    assert_eq!(course(world.clone(), [0, 1], &between), quiet);
    // It did move.
    let mut moved = world;
    moved.seconds = BOUNDARY;
    moved.value(0);
    let before = moved.markets.map(|market| market.ledger.backing);
    between[1].iter().for_each(|action| moved.play(*action));
    let backing = moved.markets.map(|market| market.ledger.backing);
    assert!(backing[0] < usdc(20_000) && backing[1] < before[1], "{backing:?} of {before:?}");
}
