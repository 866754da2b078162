//! The exchange as the program runs it: every verb brings its market up to date, plans, applies what was planned, and
//! then everything that must hold between two instructions is checked.

use super::fixtures::{pool_parameters, NOW, USDC};
use super::markets::Listing;
use super::reference;
use bytemuck::Zeroable;
use perp_engine::bankruptcy::{begin_bankruptcy, BankruptcyPlan};
use perp_engine::claims::FULL_CLAIM_FACTOR;
use perp_engine::funding::{accrue_if_possible, plan_funding};
use perp_engine::insurance::{plan_fund_market_insurance, plan_fund_shared_insurance};
use perp_engine::invariants::{check_invariants, ExchangeView};
use perp_engine::ledger::Ledger;
use perp_engine::liquidation::{plan_liquidation, LiquidationOrder, LiquidationPlan};
use perp_engine::liquidity::{
    plan_allocate_backing, plan_execute_deposit, plan_execute_withdrawal, plan_request_deposit,
    plan_request_withdrawal, plan_return_lapsed, Executor,
};
use perp_engine::oracle::OracleReading;
use perp_engine::portfolio::Portfolio;
use perp_engine::price::{plan_mark_dark, plan_price, reference_time};
use perp_engine::settlement::{
    plan_fund_claims, plan_redeem_claim, plan_settle_funding, plan_settle_pnl, SettlementPlan,
};
use perp_engine::state::{Account, AccountKind, Market, Pool, Request, RequestKind};
use perp_engine::status::{Status, StoredStatus};
use perp_engine::trade::{plan_trade, Order, TradePlan};
use perp_engine::units::{Atoms, Base, Clock, Ppm, Price, SignedAtoms, Size, Timestamp, PPM};
use perp_engine::withdrawal::{needs_markets, plan_margined_withdrawal, plan_withdrawal};
use perp_engine::EngineError;
use std::collections::BTreeMap;

/// Every instruction that moves money or prices.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Deposit,
    Withdraw,
    Open,
    Increase,
    Reduce,
    Close,
    Flip,
    LiquidatePart,
    LiquidateWhole,
    UpdatePrice,
    MarkDark,
    UpdateFunding,
    SettleFunding,
    SettleProfit,
    SettleLoss,
    FundClaims,
    RedeemClaim,
    ResolveBankruptcy,
    PlaceBacking,
    TakeBackBacking,
    RequestDeposit,
    ExecuteDeposit,
    RequestWithdrawal,
    ExecuteWithdrawal,
    ReturnLapsed,
    FundInsurance,
    FundSharedInsurance,
    Donate,
    SetStatus,
}

pub const VERBS: [Verb; 29] = [
    Verb::Deposit,
    Verb::Withdraw,
    Verb::Open,
    Verb::Increase,
    Verb::Reduce,
    Verb::Close,
    Verb::Flip,
    Verb::LiquidatePart,
    Verb::LiquidateWhole,
    Verb::UpdatePrice,
    Verb::MarkDark,
    Verb::UpdateFunding,
    Verb::SettleFunding,
    Verb::SettleProfit,
    Verb::SettleLoss,
    Verb::FundClaims,
    Verb::RedeemClaim,
    Verb::ResolveBankruptcy,
    Verb::PlaceBacking,
    Verb::TakeBackBacking,
    Verb::RequestDeposit,
    Verb::ExecuteDeposit,
    Verb::RequestWithdrawal,
    Verb::ExecuteWithdrawal,
    Verb::ReturnLapsed,
    Verb::FundInsurance,
    Verb::FundSharedInsurance,
    Verb::Donate,
    Verb::SetStatus,
];

/// What a market's oracle says; exponent -8.
#[derive(Clone, Copy, Debug)]
pub struct Feed {
    pub price: i64,
    pub confidence: u64,
    pub publish_time: i64,
    /// Its first price.
    pub first: i64,
}

/// A liquidity request and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct OpenRequest {
    pub holder: usize,
    pub kind: RequestKind,
    pub request: Request,
}

#[derive(Clone, Debug)]
pub struct World {
    pub accounts: Vec<Account>,
    pub markets: Vec<Market>,
    pub feeds: Vec<Feed>,
    pub pool: Pool,
    /// Shares each liquidity provider holds, those in escrow apart.
    pub shares: Vec<Atoms>,
    /// Tokens each liquidity provider was paid.
    pub paid_out: Vec<Atoms>,
    pub requests: Vec<OpenRequest>,
    pub vault: Atoms,
    pub donated: Atoms,
    pub clock: Clock,
    pub status: Status,
    pub resumed_at: Timestamp,
    /// How often each verb went through.
    pub done: BTreeMap<Verb, u32>,
    /// How often each error was the answer, by name.
    pub refused: BTreeMap<String, u32>,
}

pub fn atoms(amount: u64) -> Atoms {
    Atoms::new(amount)
}

impl World {
    /// An exchange with these markets, `accounts` empty cross accounts and `holders` liquidity providers.
    pub fn new(listings: &[Listing], accounts: usize, holders: usize) -> Self {
        let market = |(index, listing): (usize, &Listing)| {
            listing.parameters.validate().unwrap();
            let mut market = Market {
                parameters: listing.parameters,
                base_decimals: listing.base_decimals,
                quote_decimals: 6,
                index: u16::try_from(index).unwrap(),
                target_backing: atoms(listing.target_backing),
                ..Market::zeroed()
            };
            market.books.claim_factor = FULL_CLAIM_FACTOR;
            market
        };
        let feed =
            |listing: &Listing| Feed { price: listing.price, confidence: 0, publish_time: NOW, first: listing.price };
        Self {
            accounts: vec![Account::zeroed(); accounts],
            markets: listings.iter().enumerate().map(market).collect(),
            feeds: listings.iter().map(feed).collect(),
            pool: Pool { parameters: pool_parameters(), ..Pool::zeroed() },
            shares: vec![Atoms::ZERO; holders],
            paid_out: vec![Atoms::ZERO; holders],
            requests: Vec::new(),
            vault: Atoms::ZERO,
            donated: Atoms::ZERO,
            clock: Clock { now: Timestamp::new(NOW), slot: 1_000 },
            status: Status::Active,
            resumed_at: Timestamp::NEVER,
            done: BTreeMap::new(),
            refused: BTreeMap::new(),
        }
    }

    /// The same with `liquidity` deposited by the first provider and every market's backing at its target.
    pub fn with_liquidity(listings: &[Listing], accounts: usize, holders: usize, liquidity: u64) -> Self {
        let mut world = Self::new(listings, accounts, holders);
        world.provide(0, liquidity).unwrap();
        for market in 0..world.markets.len() {
            world.allocate_backing(market).unwrap();
        }
        world
    }

    /// One instruction: all of it or nothing, counted, and checked.
    fn instruction<T>(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<(Verb, T), EngineError>,
    ) -> Result<T, EngineError> {
        let before = self.clone();
        match body(self) {
            Ok((verb, value)) => {
                *self.done.entry(verb).or_default() += 1;
                self.check_step(&before, verb);
                Ok(value)
            }
            Err(error) => {
                *self = before;
                let debug = format!("{error:?}");
                let name = debug.split([' ', '{']).next().unwrap_or_default().to_owned();
                *self.refused.entry(name).or_default() += 1;
                Err(error)
            }
        }
    }

    pub fn view(&self) -> ExchangeView<'_> {
        ExchangeView {
            accounts: &self.accounts,
            markets: &self.markets,
            pool: &self.pool,
            vault: self.vault,
            donated: self.donated,
        }
    }

    /// What holds between any two instructions, and what one instruction may not do.
    fn check_step(&self, before: &Self, verb: Verb) {
        if let Err(violation) = check_invariants(&self.view()) {
            panic!("{verb:?} broke {violation:?}");
        }
        let held: u64 = self.shares.iter().map(|shares| shares.get()).sum();
        let in_requests = self.requests.iter().map(|open| open.request.amount.get());
        let in_escrow = |kind| {
            self.requests
                .iter()
                .zip(in_requests.clone())
                .filter(|(open, _)| open.kind == kind)
                .map(|(_, sum)| sum)
                .sum()
        };
        let (shares_in_escrow, tokens_in_escrow): (u64, u64) =
            (in_escrow(RequestKind::Withdrawal), in_escrow(RequestKind::Deposit));
        assert_eq!(tokens_in_escrow, self.pool.escrow.get());
        let dead = self.pool.shares.get() - held - shares_in_escrow;
        assert!(dead == 0 || dead == perp_engine::state::DEAD_SHARES, "{dead} shares belong to nobody");

        // Insurance falls only in a bankruptcy; a price and its time never run backwards.
        if verb != Verb::ResolveBankruptcy {
            assert!(self.pool.insurance >= before.pool.insurance);
        }
        for (now, then) in self.markets.iter().zip(&before.markets) {
            if verb != Verb::ResolveBankruptcy {
                assert!(now.books.insurance >= then.books.insurance);
            }
            assert!(now.price.published >= then.price.published);
            assert!(now.price.newest_published >= then.price.newest_published);
            if now.price.published == then.price.published {
                assert_eq!(now.price.price, then.price.price, "one time has one price");
            }
        }
    }

    // Time and prices.

    pub fn wait(&mut self, seconds: u32) {
        let now = self.clock.now.after(seconds).unwrap();
        self.clock = Clock { now, slot: self.clock.slot + 2 * u64::from(seconds) + u64::from(seconds == 0) };
    }

    /// The oracle publishes now.
    pub fn publish(&mut self, market: usize, price: i64, confidence: u64) {
        self.feeds[market] = Feed { price, confidence, publish_time: self.clock.now.get(), ..self.feeds[market] };
    }

    /// The oracle publishes its last price again, at the present time.
    pub fn republish(&mut self, market: usize) {
        self.feeds[market].publish_time = self.clock.now.get();
    }

    /// The oracle publishes its last price changed by parts per million, within a factor of 50 of the first.
    pub fn move_price(&mut self, market: usize, ppm: i64) {
        let Feed { price, confidence, first, .. } = self.feeds[market];
        let moved = i128::from(price) * i128::from(1_000_000 + ppm) / 1_000_000;
        self.publish(market, i64::try_from(moved).unwrap().clamp(first / 50, first * 50), confidence);
    }

    /// Every oracle publishes, every market takes its price and accrues.
    pub fn refresh(&mut self) {
        for market in 0..self.markets.len() {
            self.republish(market);
            let _ = self.update_funding(market);
        }
    }

    fn take_price(&mut self, market: usize) -> Result<(), EngineError> {
        let Feed { price, confidence, publish_time, .. } = self.feeds[market];
        let reading = OracleReading { price, confidence, exponent: -8, publish_time };
        self.markets[market].price = plan_price(&self.markets[market], &reading, self.clock)?.cache;
        Ok(())
    }

    /// First price, then funding at the new price with the old skew.
    fn bring_up_to_date(&mut self, market: usize) -> Result<(), EngineError> {
        self.take_price(market)?;
        self.markets[market].books =
            accrue_if_possible(&self.markets[market], self.status, self.resumed_at, self.clock)?;
        Ok(())
    }

    pub fn update_price(&mut self, market: usize) -> Result<(), EngineError> {
        self.instruction(|world| world.take_price(market).map(|()| (Verb::UpdatePrice, ())))
    }

    pub fn mark_dark(&mut self, market: usize) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.markets[market].price = plan_mark_dark(&world.markets[market], world.clock)?;
            Ok((Verb::MarkDark, ()))
        })
    }

    pub fn update_funding(&mut self, market: usize) -> Result<u64, EngineError> {
        self.instruction(|world| {
            world.take_price(market)?;
            let plan = plan_funding(&world.markets[market], world.status, world.resumed_at, world.clock)?;
            world.markets[market].books = plan.books;
            Ok((Verb::UpdateFunding, plan.seconds))
        })
    }

    /// The program accrues under the old status before it sets another.
    pub fn set_market_status(&mut self, market: usize, status: Status, until: Timestamp) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.bring_up_to_date(market)?;
            let now = world.clock.now;
            let market = &mut world.markets[market];
            market.status = StoredStatus { until, current: status as u8, ..StoredStatus::lasting(Status::Active) };
            if status == Status::Paused {
                market.paused_at = now;
            }
            Ok((Verb::SetStatus, ()))
        })
    }

    // Collateral.

    pub fn isolate(&mut self, account: usize, market: usize) {
        assert!(self.accounts[account].is_empty());
        self.accounts[account].kind = AccountKind::Isolated as u8;
        self.accounts[account].isolated_market = u16::try_from(market).unwrap();
    }

    pub fn deposit(&mut self, account: usize, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            let amount = atoms(amount);
            world.vault = world.vault.plus(amount)?;
            world.accounts[account].balance = world.accounts[account].balance.plus(amount)?;
            Ok((Verb::Deposit, ()))
        })
    }

    pub fn withdraw(&mut self, account: usize, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            let amount = atoms(amount);
            let state = world.accounts[account];
            let plan = if needs_markets(&state) {
                let others = world.others(&state, None);
                let portfolio = Portfolio::new(&state, None, &others, world.clock)?;
                plan_margined_withdrawal(&portfolio, amount, world.status, world.clock)?
            } else {
                plan_withdrawal(&state, amount)?
            };
            world.accounts[account].balance = plan.balance;
            world.vault = world.vault.minus(amount)?;
            if plan.after.is_some() {
                let health = reference::adverse(world, &world.accounts[account]);
                assert!(health.equity >= health.margin, "a withdrawal left {health:?}");
            }
            Ok((Verb::Withdraw, ()))
        })
    }

    pub fn donate(&mut self, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.vault = world.vault.plus(atoms(amount))?;
            world.donated = world.donated.plus(atoms(amount))?;
            Ok((Verb::Donate, ()))
        })
    }

    /// The markets of the account's positions in slot order, `touched` apart.
    fn others(&self, account: &Account, touched: Option<usize>) -> Vec<&Market> {
        account
            .occupied()
            .map(|(_, position)| usize::from(position.market))
            .filter(|market| Some(*market) != touched)
            .map(|market| &self.markets[market])
            .collect()
    }

    // Trading.

    /// A market order without a price bound.
    pub fn trade(&mut self, account: usize, market: usize, size: i64) -> Result<TradePlan, EngineError> {
        self.order(account, market, Order { size: Base::new(size), price_bound: Price::ZERO, reduce_only: false })
    }

    /// Closes the whole position.
    pub fn close(&mut self, account: usize, market: usize) -> Result<TradePlan, EngineError> {
        let size = self.accounts[account]
            .slot_of(u16::try_from(market).unwrap())
            .map_or(0, |slot| self.accounts[account].positions[slot].size.get());
        self.order(account, market, Order { size: Base::new(-size), price_bound: Price::ZERO, reduce_only: true })
    }

    pub fn order(&mut self, account: usize, market: usize, order: Order) -> Result<TradePlan, EngineError> {
        self.instruction(|world| {
            world.bring_up_to_date(market)?;
            let state = world.accounts[account];
            let touched = world.markets[market];
            let others = world.others(&state, Some(market));
            let portfolio = Portfolio::new(&state, Some(&touched), &others, world.clock)?;
            let plan = plan_trade(&portfolio, &touched, &order, world.status, world.clock)?;
            let before = world.touched(account, market, plan.slot)?;
            plan.ledger.apply(plan.slot, &mut world.accounts[account], &mut world.markets[market]);
            world.check_trade(&before, account, market, &plan);
            let verb = match (plan.closed.is_zero(), plan.opened.is_zero()) {
                (false, false) => Verb::Flip,
                (true, _) if state.positions[plan.slot].size.is_zero() => Verb::Open,
                (true, _) => Verb::Increase,
                _ if plan.ledger.position.size.is_zero() => Verb::Close,
                _ => Verb::Reduce,
            };
            Ok((verb, plan))
        })
    }

    /// The exchange with the position's funding settled and its claim redeemed: what a trade or a liquidation starts
    /// from. Neither lowers the account's equity by an atom, so that nobody is pushed over an edge by it; only where the
    /// market owes more than it has does paying it out, or finding that it cannot be paid in, lower what the rest of the
    /// market counts for, by at most that funding.
    fn touched(&self, account: usize, market: usize, slot: usize) -> Result<Self, EngineError> {
        let mut world = self.clone();
        let state = &self.accounts[account];
        let position = state.positions[slot];
        if !position.is_occupied() {
            return Ok(world);
        }
        let mut ledger = Ledger { balance: state.balance, position, books: self.markets[market].books };
        let received = ledger.settle_funding()?;
        ledger.redeem_claim()?;
        ledger.apply(slot, &mut world.accounts[account], &mut world.markets[market]);
        let (was, is) = (reference::maintenance(self, state), reference::maintenance(&world, &world.accounts[account]));
        let allowed = if world.pays_everybody(market) { 1 } else { 1 + i128::from(received.get()).abs() };
        assert!(is.equity >= was.equity - allowed, "settling funding took {was:?} to {is:?}");
        Ok(world)
    }

    /// Whether the market has what it owes: `h = 1`.
    pub fn pays_everybody(&self, market: usize) -> bool {
        let state = &self.markets[market];
        let means = reference::means(&state.books, &state.parameters, i128::from(state.price.price.get()));
        means.available >= means.owed
    }

    fn check_trade(&self, before: &Self, account: usize, market: usize, plan: &TradePlan) {
        // Fills are at best the index.
        assert!(plan.fill.charge.get() >= 0);
        let index = i128::from(plan.size.size().get()) * i128::from(before.markets[market].price.price.get());
        let worse = if plan.size.get() > 0 { plan.notional.get() - index } else { index - plan.notional.get() };
        assert_eq!(worse, plan.fill.charge.get());

        let state = &self.accounts[account];
        let (was, is) =
            (reference::maintenance(before, &before.accounts[account]), reference::maintenance(self, state));
        assert_eq!(i128::from(plan.after.equity.get()), is.equity);
        assert_eq!(i128::from(plan.after.margin.get()), is.margin);
        if !plan.opened.is_zero() {
            let health = reference::adverse(self, state);
            assert!(health.equity >= health.margin, "an increase left {health:?}");
            assert!(state.debt().is_none(), "an increase left a debt");
            let means = |world: &Self| {
                let market = &world.markets[market];
                reference::means(&market.books, &market.parameters, i128::from(market.price.price.get()))
            };
            let (then, now) = (means(before), means(self));
            let no_worse = now.need <= then.need && now.spare - now.need >= then.spare - then.need;
            assert!(now.spare >= now.need || no_worse, "{then:?} became {now:?}");
        } else if !plan.ledger.position.size.is_zero() {
            assert!(is.equity >= 0);
            assert!(is.equity * was.margin >= was.equity * is.margin, "a reduction took {was:?} to {is:?}");
        } else if self.pays_everybody(market) {
            // A whole close costs at most its cap, and realising rounds by less than an atom. Where the market owes more
            // than it has, the profit's claim may count for less besides.
            assert!((is.equity + 1) * was.margin >= was.equity * is.margin, "a close took {was:?} to {is:?}");
        }
    }

    pub fn liquidate(
        &mut self,
        by: usize,
        account: usize,
        market: usize,
        max_size: u64,
    ) -> Result<LiquidationPlan, EngineError> {
        self.instruction(|world| {
            assert_ne!(by, account, "the program refuses it");
            world.bring_up_to_date(market)?;
            let state = world.accounts[account];
            let touched = world.markets[market];
            let others = world.others(&state, Some(market));
            let portfolio = Portfolio::new(&state, Some(&touched), &others, world.clock)?;
            let order = LiquidationOrder { max_size: Size::new(max_size), min_bounty: Atoms::ZERO };
            let plan = plan_liquidation(&portfolio, &touched, order, world.status, world.clock)?;
            let before = world.touched(account, market, plan.slot)?;
            plan.ledger.apply(plan.slot, &mut world.accounts[account], &mut world.markets[market]);
            world.accounts[by].balance = world.accounts[by].balance.plus(plan.penalty.bounty)?;
            world.check_liquidation(&before, account, market, &plan);
            let whole = plan.ledger.position.size.is_zero();
            Ok((if whole { Verb::LiquidateWhole } else { Verb::LiquidatePart }, plan))
        })
    }

    fn check_liquidation(&self, before: &Self, account: usize, market: usize, plan: &LiquidationPlan) {
        let (was, is) = (
            reference::maintenance(before, &before.accounts[account]),
            reference::maintenance(self, &self.accounts[account]),
        );
        assert!(was.equity < was.margin, "a healthy account was liquidated: {was:?}");
        assert_eq!(i128::from(plan.after.equity.get()), is.equity);
        assert_eq!(i128::from(plan.after.margin.get()), is.margin);

        let then = before.accounts[account].positions[plan.slot].size;
        let now = plan.ledger.position.size;
        assert!(now.size() < then.size());
        assert!(now.is_zero() || now.side() == then.side());
        assert_eq!(then.size().get() - now.size().get(), plan.closed.get());
        if !now.is_zero() {
            let (was, is) = (plan.before, plan.after);
            assert!(is.surplus() >= was.surplus(), "a partial liquidation did not help: {was:?} became {is:?}");
            let parameters = &self.markets[market].parameters;
            let price = i128::from(self.markets[market].price.price.get());
            let left = reference::floor_div(i128::from(now.size().get()) * price, 1 << 40);
            assert!(left >= i128::from(parameters.minimum_position.get()), "{left} atoms are left");
        }
        let penalty = plan.penalty;
        assert_eq!(
            penalty.bounty.get() + penalty.insurance.get() + penalty.backing.get(),
            penalty.collected.get(),
            "the parts of the penalty do not add up"
        );
        assert!(penalty.collected <= penalty.charged);
        assert!(i128::from(penalty.charged.get()) <= i128::from(plan.before.equity.get()).max(0));
    }

    // Settlement.

    fn settled(&mut self, account: usize, market: usize, plan: &SettlementPlan) {
        plan.ledger.apply(plan.slot, &mut self.accounts[account], &mut self.markets[market]);
    }

    /// What the account is owed in total may fall by rounding alone, below `allowed` atoms, and never rises.
    fn check_face_equity(&self, before: &Self, account: usize, allowed: i128) {
        let change = reference::face_equity_raw(self, &self.accounts[account])
            - reference::face_equity_raw(before, &before.accounts[account]);
        assert!(change <= 0 && change > -(allowed << 40), "settling changed equity by {change} raw");
    }

    pub fn settle_funding(&mut self, account: usize, market: usize) -> Result<SettlementPlan, EngineError> {
        self.instruction(|world| {
            world.bring_up_to_date(market)?;
            let plan =
                plan_settle_funding(&world.accounts[account], &world.markets[market], world.status, world.clock)?;
            let before = world.clone();
            world.settled(account, market, &plan);
            world.check_face_equity(&before, account, 1);
            Ok((Verb::SettleFunding, plan))
        })
    }

    pub fn settle_pnl(&mut self, account: usize, market: usize) -> Result<SettlementPlan, EngineError> {
        self.instruction(|world| {
            world.bring_up_to_date(market)?;
            let reference = reference_time(world.clock, [&world.markets[market]]);
            let plan = plan_settle_pnl(&world.accounts[account], &world.markets[market], world.status, reference)?;
            let before = world.clone();
            world.settled(account, market, &plan);
            world.check_face_equity(&before, account, 1);
            if world.pays_everybody(market) {
                let [was, is] = [&before, &*world].map(|world| reference::maintenance(world, &world.accounts[account]));
                assert!(is.equity >= was.equity - 1, "settling profit took {was:?} to {is:?}");
            }
            Ok((if plan.profit.is_negative() { Verb::SettleLoss } else { Verb::SettleProfit }, plan))
        })
    }

    pub fn fund_claims(&mut self, market: usize) -> Result<Atoms, EngineError> {
        self.instruction(|world| {
            let plan = plan_fund_claims(&world.markets[market])?;
            world.markets[market].books = plan.books;
            Ok((Verb::FundClaims, plan.funded))
        })
    }

    pub fn redeem_claim(&mut self, account: usize, market: usize) -> Result<SettlementPlan, EngineError> {
        self.instruction(|world| {
            let plan = plan_redeem_claim(&world.accounts[account], &world.markets[market])?;
            let before = world.clone();
            world.settled(account, market, &plan);
            world.check_face_equity(&before, account, 1);
            Ok((Verb::RedeemClaim, plan))
        })
    }

    pub fn resolve_bankruptcy(&mut self, account: usize, market: usize) -> Result<BankruptcyPlan, EngineError> {
        self.instruction(|world| {
            let before = world.clone();
            let mut bankruptcy = begin_bankruptcy(&world.accounts[account], &world.markets[market])?;
            for slot in 0..world.accounts[account].positions.len() {
                let position = world.accounts[account].positions[slot];
                if slot == bankruptcy.slot || !position.is_occupied() {
                    continue;
                }
                let other = usize::from(position.market);
                let set_off = bankruptcy.set_off(&position, &world.markets[other])?;
                world.markets[other].books = set_off.books;
                world.accounts[account].positions[slot] = set_off.position.or_freed();
            }
            let plan = bankruptcy.finish(&world.pool, world.clock)?;
            plan.ledger.apply(plan.slot, &mut world.accounts[account], &mut world.markets[market]);
            world.pool = plan.pool;
            world.check_bankruptcy(&before, account, market, &plan);
            Ok((Verb::ResolveBankruptcy, plan))
        })
    }

    fn check_bankruptcy(&self, before: &Self, account: usize, market: usize, plan: &BankruptcyPlan) {
        let sum = [
            plan.paid_by_balance,
            plan.paid_by_claims,
            plan.paid_by_insurance,
            plan.paid_by_shared_insurance,
            plan.written_off,
        ];
        assert_eq!(sum.iter().map(|part| part.get()).sum::<u64>(), plan.debt.get());
        let equity = reference::face_equity_raw(before, &before.accounts[account]);
        assert!(equity < 0);
        let draw = self.markets[market].books.shared_draw;
        let share = u64::from(self.pool.parameters.shared_draw_share.get());
        assert!(draw.drawn.get() <= draw.insurance_at_start.get() * share / PPM);
    }

    // Liquidity.

    pub fn allocate_backing(&mut self, market: usize) -> Result<SignedAtoms, EngineError> {
        self.instruction(|world| {
            world.bring_up_to_date(market)?;
            let plan = plan_allocate_backing(&world.pool, &world.markets[market], world.status, world.clock)?;
            let value = reference::pool_value_raw(world);
            world.pool = plan.pool;
            world.markets[market].books = plan.books;
            let state = &world.markets[market];
            if plan.moved.is_negative() {
                let means = reference::means(&state.books, &state.parameters, i128::from(state.price.price.get()));
                assert!(means.spare >= means.need, "backing was taken from a market that needs it");
            } else {
                let principal = u128::from(world.pool.cash.get() + world.pool.placed.get());
                let cap = principal * u128::from(state.parameters.backing_cap.get()) / u128::from(PPM);
                assert!(u128::from(state.books.net_principal.get()) <= cap);
            }
            assert!(reference::pool_value_raw(world) >= value, "moving backing lost value");
            Ok((if plan.moved.is_negative() { Verb::TakeBackBacking } else { Verb::PlaceBacking }, plan.moved))
        })
    }

    pub fn request_deposit(&mut self, holder: usize, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            let plan = plan_request_deposit(&world.pool, atoms(amount), Atoms::ZERO, world.clock)?;
            world.pool = plan.pool;
            world.vault = world.vault.plus(atoms(amount))?;
            world.requests.push(OpenRequest { holder, kind: RequestKind::Deposit, request: plan.request });
            Ok((Verb::RequestDeposit, ()))
        })
    }

    pub fn request_withdrawal(&mut self, holder: usize, shares: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            let owned = world.shares[holder];
            let plan = plan_request_withdrawal(&world.pool, atoms(shares), owned, Atoms::ZERO, world.clock)?;
            world.pool = plan.pool;
            world.shares[holder] = owned.minus(atoms(shares))?;
            world.requests.push(OpenRequest { holder, kind: RequestKind::Withdrawal, request: plan.request });
            Ok((Verb::RequestWithdrawal, ()))
        })
    }

    /// Executes a request with every market brought up to date before, as executors do.
    pub fn execute(&mut self, index: usize) -> Result<(), EngineError> {
        self.instruction(|world| {
            for market in 0..world.markets.len() {
                world.bring_up_to_date(market)?;
            }
            let OpenRequest { holder, kind, request } = world.requests[index];
            let markets: Vec<&Market> = world.markets.iter().collect();
            let (value, shares) = (reference::pool_value_raw(world), i128::from(world.pool.shares.get()));
            let verb = match kind {
                RequestKind::Deposit => {
                    let plan = plan_execute_deposit(
                        &world.pool,
                        &markets,
                        &request,
                        world.status,
                        world.resumed_at,
                        world.clock,
                    )?;
                    world.pool = plan.pool;
                    world.shares[holder] = world.shares[holder].plus(plan.shares_out)?;
                    world.requests.remove(index);
                    Verb::ExecuteDeposit
                }
                RequestKind::Withdrawal => {
                    let plan = plan_execute_withdrawal(
                        &world.pool,
                        &markets,
                        &request,
                        Executor::Anybody,
                        world.status,
                        world.resumed_at,
                        world.clock,
                    )?;
                    world.pool = plan.pool;
                    world.vault = world.vault.minus(plan.paid)?;
                    world.paid_out[holder] = world.paid_out[holder].plus(plan.paid)?;
                    match plan.request_left {
                        Some(left) => world.requests[index].request = left,
                        None => {
                            world.requests.remove(index);
                        }
                    }
                    Verb::ExecuteWithdrawal
                }
            };
            // Nobody's share loses by another's coming or going: V′/S′ ≥ V/S.
            let (value_after, shares_after) = (reference::pool_value_raw(world), i128::from(world.pool.shares.get()));
            assert!(
                ratio_not_below(value_after, shares_after, value, shares),
                "a share fell from {value}/{shares} to {value_after}/{shares_after}"
            );
            Ok((verb, ()))
        })
    }

    pub fn return_lapsed(&mut self, index: usize) -> Result<(), EngineError> {
        self.instruction(|world| {
            let OpenRequest { holder, kind, request } = world.requests[index];
            let plan = plan_return_lapsed(&world.pool, &request, kind, world.clock)?;
            world.pool = plan.pool;
            world.vault = world.vault.minus(plan.tokens)?;
            world.paid_out[holder] = world.paid_out[holder].plus(plan.tokens)?;
            world.shares[holder] = world.shares[holder].plus(plan.shares)?;
            world.requests.remove(index);
            Ok((Verb::ReturnLapsed, ()))
        })
    }

    /// A deposit of liquidity from request to shares.
    pub fn provide(&mut self, holder: usize, amount: u64) -> Result<(), EngineError> {
        self.request_deposit(holder, amount)?;
        self.wait(self.pool.parameters.deposit_delay);
        self.refresh();
        self.execute(self.requests.len() - 1)
    }

    pub fn fund_insurance(&mut self, market: usize, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.markets[market].books = plan_fund_market_insurance(&world.markets[market], atoms(amount))?;
            world.vault = world.vault.plus(atoms(amount))?;
            Ok((Verb::FundInsurance, ()))
        })
    }

    pub fn fund_shared_insurance(&mut self, amount: u64) -> Result<(), EngineError> {
        self.instruction(|world| {
            world.pool = plan_fund_shared_insurance(&world.pool, atoms(amount))?;
            world.vault = world.vault.plus(atoms(amount))?;
            Ok((Verb::FundSharedInsurance, ()))
        })
    }

    // What tests ask.

    pub fn size(&self, account: usize, market: usize) -> i64 {
        let state = &self.accounts[account];
        state.slot_of(u16::try_from(market).unwrap()).map_or(0, |slot| state.positions[slot].size.get())
    }

    /// Base units worth `value` atoms at the market's cached price.
    pub fn size_worth(&self, market: usize, value: u64) -> u64 {
        let price = u128::from(self.markets[market].price.price.get());
        u64::try_from((u128::from(value) << 40) / price).unwrap()
    }

    /// Accounts with an open position, and in which market.
    pub fn positions(&self) -> Vec<(usize, usize)> {
        self.slots(|position| !position.size.is_zero())
    }

    pub fn slots(&self, which: impl Fn(&perp_engine::state::Position) -> bool) -> Vec<(usize, usize)> {
        let slots = |(account, state): (usize, &Account)| {
            let markets: Vec<_> = state
                .occupied()
                .filter(|(_, position)| which(position))
                .map(|(_, position)| (account, usize::from(position.market)))
                .collect();
            markets
        };
        self.accounts.iter().enumerate().flat_map(slots).collect()
    }
}

/// Whether `value / shares ≥ before / shares before`; any value is worth more than a share of nothing.
fn ratio_not_below(value: i128, shares: i128, value_before: i128, shares_before: i128) -> bool {
    if shares == 0 || shares_before == 0 {
        return true;
    }
    let (whole, whole_before) = (value / shares, value_before / shares_before);
    let (rest, rest_before) = (value % shares, value_before % shares_before);
    whole > whole_before || (whole == whole_before && rest * shares_before >= rest_before * shares)
}

/// A market whose numbers a test can do in its head: no spread, impact, fee, funding or carry.
pub fn frictionless(listing: Listing) -> Listing {
    let mut parameters = listing.parameters;
    parameters.impact_limit = Ppm::ZERO;
    parameters.taker_fee = Ppm::ZERO;
    parameters.taker_fee_reducing = Ppm::ZERO;
    parameters.volatility = Ppm::ZERO;
    parameters.funding_velocity = 0;
    parameters.carry_rate = 0;
    Listing { parameters, ..listing }
}

/// One million dollars.
pub const MILLION: u64 = 1_000_000 * USDC;
