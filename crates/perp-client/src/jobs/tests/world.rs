//! An exchange in memory, its accounts at addresses, and jobs carried out on it by what they say they do.

use crate::addresses::{orders_address, Addresses};
use crate::jobs::{Fresh, Job, PostedPrices, Task};
use anchor_lang::prelude::Pubkey;
use anchor_lang::solana_program::instruction::Instruction;
use anchor_lang::Discriminator;
use bytemuck::Zeroable;
use perp_accounts::{MarginAccount, Orders, VERSION};
use perp_engine::fixtures::{at, pool_parameters, sol_parameters, usdc, NOW, SOL};
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::oracle::OracleReading;
use perp_engine::state::{Parameters, PriceLimit};
use perp_engine::units::{Atoms, Ppm, SignedSize, Size};
use perp_exchange::{Exchange, Listing, Refusal};
use perp_swap::instruction::{ExecuteOrder, ExecuteOrderIfDue};
use std::collections::BTreeMap;

pub const EVERYTHING: LiquidationOrder = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO };

/// SOL without spread, funding, impact and fees, so that numbers can be checked by hand.
pub fn frictionless() -> Parameters {
    Parameters {
        impact_limit: Ppm::ZERO,
        taker_fee: Ppm::ZERO,
        taker_fee_rebalancing: Ppm::ZERO,
        volatility: Ppm::ZERO,
        measured_weight: Ppm::ZERO,
        funding_velocity: 0,
        carry_rate: 0,
        ..sol_parameters()
    }
}

/// The address of the margin account of that number.
pub fn address(account: usize) -> Pubkey {
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&(account as u64).to_be_bytes());
    Pubkey::new_from_array(bytes)
}

/// The price account of that market.
pub fn oracle(market: u16) -> Pubkey {
    let mut bytes = [9; 32];
    bytes[..2].copy_from_slice(&market.to_be_bytes());
    Pubkey::new_from_array(bytes)
}

/// The price account of the first market's second source.
pub fn second_oracle() -> Pubkey {
    Pubkey::new_from_array([11; 32])
}

pub struct World {
    pub exchange: Exchange,
    pub addresses: Addresses,
    /// What the price accounts say that no market has taken in.
    pub readings: BTreeMap<u16, OracleReading>,
    /// What the second source of the first market says.
    pub second: Option<OracleReading>,
    /// The account that receives what is paid.
    pub keeper: usize,
    /// Readings that somebody has posted for orders.
    pub posted: PostedPrices,
}

impl World {
    /// Markets with these parameters and targets, two million dollars of liquidity placed there, and a keeper's empty account.
    pub fn new(markets: &[(Parameters, u64)]) -> Self {
        let mut exchange = Exchange::new(pool_parameters(), 6, at(0)).unwrap();
        for (parameters, target) in markets {
            let listing = Listing { parameters: *parameters, base_decimals: 9, target_backing: usdc(*target) };
            exchange.list(&listing).unwrap();
        }
        let provider = exchange.add_provider();
        exchange.request_liquidity_deposit(provider, usdc(2_000_000), PriceLimit::None).unwrap();
        let keeper = exchange.open_account(None).unwrap();
        let addresses = Addresses::new(Pubkey::new_unique(), Pubkey::new_unique(), anchor_spl::token::ID);
        let mut world =
            Self { exchange, addresses, readings: BTreeMap::new(), second: None, keeper, posted: BTreeMap::new() };
        world.reach_boundary();
        for market in 0..world.exchange.market_count {
            world.exchange.value_market(market, None).unwrap();
        }
        world.exchange.close_epoch().unwrap();
        world.exchange.pay_liquidity_request(0).unwrap();
        for (market, (_, target)) in (0u16..).zip(markets).filter(|(_, (_, target))| *target > 0) {
            world.exchange.allocate_backing(market, None).unwrap_or_else(|refusal| panic!("{target}: {refusal}"));
        }
        world
    }

    /// The boundary that the exchange waits for comes.
    pub fn reach_boundary(&mut self) {
        let ahead = self.exchange.state.boundary.seconds_since(self.exchange.clock.now).unwrap();
        self.exchange.wait(u32::try_from(ahead).unwrap(), 2 * ahead).unwrap();
    }

    /// What the oracle would say now of a price in cents.
    pub fn reading(&self, cents: i64) -> OracleReading {
        OracleReading::new(cents * 1_000_000, 0, -8, self.exchange.clock.now.get()).unwrap()
    }

    /// A new account with so many dollars, which trades tenths of SOL at this price in cents.
    pub fn trader(&mut self, dollars: u64, trades: &[(u16, i64, i64)]) -> usize {
        let account = self.exchange.open_account(None).unwrap();
        self.exchange.deposit(account, usdc(dollars)).unwrap();
        for (market, tenths, cents) in trades {
            let order = Order::at_any_price(SignedSize::new(tenths * (SOL as i64) / 10));
            let reading = self.reading(*cents);
            self.exchange.trade(account, *market, &order, Some(&reading)).unwrap();
            self.exchange.wait(1, 2).unwrap();
        }
        account
    }

    /// The price account says so now, and no market knows.
    pub fn print(&mut self, market: u16, cents: i64) {
        self.readings.insert(market, self.reading(cents));
    }

    /// What a keeper reads in one go: nobody's tokens.
    pub fn fresh(&self) -> Fresh {
        let mut exchange = self.exchange.clone();
        (exchange.vault, exchange.donated, exchange.share_escrow) = (Atoms::ZERO, Atoms::ZERO, Atoms::ZERO);
        exchange.order_lamports = 0;
        let mut fresh = Fresh::new(self.addresses, exchange);
        for (market, reading) in &self.readings {
            fresh.take(*market, oracle(*market), reading).unwrap();
        }
        if let Some(reading) = &self.second {
            fresh.take_second(0, second_oracle(), reading);
        }
        fresh
    }

    /// Every margin account by its address.
    pub fn accounts(&self) -> BTreeMap<Pubkey, MarginAccount> {
        let states = self.exchange.accounts().iter().enumerate();
        states.map(|(number, state)| (address(number), stored(*state))).collect()
    }

    /// Every account of orders by its address.
    pub fn orders(&self) -> BTreeMap<Pubkey, Orders> {
        let stored = |(number, book): (&usize, &_)| {
            let margin_account = address(*number);
            (orders_address(&margin_account), Orders { margin_account, state: *book, ..Orders::zeroed() })
        };
        self.exchange.orders().iter().map(stored).collect()
    }

    /// The reading that an instruction about an order of this market brings: that of the market's price account, or one that was posted.
    fn brought(&self, called: &Instruction, market: u16) -> Option<OracleReading> {
        let names = |account: Pubkey| called.accounts.iter().any(|meta| meta.pubkey == account);
        let posted = self.posted.get(&market).into_iter().flatten().find(|said| names(said.account));
        let own = self.readings.get(&market).filter(|_| names(oracle(market))).copied();
        own.or(posted.map(|said| said.reading))
    }

    /// Carries a job out as the program would: prices first where the job brings them, and its market's with it.
    pub fn execute(&mut self, job: &Job) -> Result<Atoms, Refusal> {
        let number = |address: Pubkey| u64::from_be_bytes(address.to_bytes()[..8].try_into().unwrap()) as usize;
        if job.instructions.len() > 1 {
            for meta in &job.instructions[0].accounts {
                let market = self.readings.keys().find(|market| oracle(**market) == meta.pubkey).copied();
                if let Some(market) = market {
                    self.exchange.update_price(market, &self.readings[&market])?;
                }
            }
        }
        let brings = |market: u16| {
            let metas = &job.instructions.last().unwrap().accounts;
            self.readings.get(&market).filter(|_| metas.iter().any(|meta| meta.pubkey == oracle(market))).copied()
        };
        let before = self.exchange.account(self.keeper)?.balance;
        match job.task {
            Task::Liquidate { account, market } => {
                let reading = brings(market);
                self.exchange.liquidate(self.keeper, number(account), market, &EVERYTHING, reading.as_ref())?;
            }
            Task::SettlePnl { account, market } => {
                let (reading, keeper) = (brings(market), (!job.pays.atoms.is_zero()).then_some(self.keeper));
                self.exchange.settle_pnl(number(account), market, reading.as_ref(), keeper)?;
            }
            Task::SettleFunding { account, market } => {
                self.exchange.settle_funding(number(account), market)?;
            }
            Task::ProveSilence { market } | Task::UndoSettlement { market } => {
                let posted = || self.posted.get(&market).into_iter().flatten();
                let own = |account| self.readings.get(&market).filter(|_| account == oracle(market)).copied();
                let said =
                    |account| own(account).or_else(|| Some(posted().find(|said| said.account == account)?.reading));
                let readings: Vec<_> =
                    job.instructions[0].accounts.iter().filter_map(|meta| said(meta.pubkey)).collect();
                for reading in readings {
                    self.exchange.update_price(market, &reading)?;
                }
            }
            Task::FundClaims { market } => drop(self.exchange.fund_claims(market)?),
            Task::RedeemClaim { account, market } => drop(self.exchange.redeem_claim(number(account), market)?),
            Task::ResolveBankruptcy { account, market } => {
                self.exchange.resolve_bankruptcy(number(account), market)?;
            }
            Task::AllocateBacking { market } => {
                let reading = brings(market);
                self.exchange.allocate_backing(market, reading.as_ref())?;
            }
            Task::ValueMarket { market } => drop(self.exchange.value_market(market, None)?),
            Task::CloseEpoch { .. } => drop(self.exchange.close_epoch()?),
            Task::UpdateFunding { market } => drop(self.exchange.update_funding(market, brings(market).as_ref())?),
            Task::ReportOutage { market } => self.exchange.report_oracle_outage(market)?,
            Task::BeginSettlement { market } => drop(self.exchange.begin_settlement(market)?),
            Task::UpdateSecondPrice { market } => {
                let reading = self.second.expect("a second source");
                self.exchange.update_second_price(market, &reading)?;
            }
            Task::ArmOrder { account, place } => {
                let market = self.exchange.orders_of(number(account))?.orders[usize::from(place)].market;
                let reading = self.brought(job.instructions.last().unwrap(), market);
                self.exchange.arm_order(number(account), place.into(), market, reading.as_ref())?;
            }
            Task::ExecuteOrder { account, .. } => {
                let mut tips = 0;
                for (called, place) in fills_of(job) {
                    let place = usize::from(place);
                    let market = self.exchange.orders_of(number(account))?.orders[place].market;
                    let reading = self.brought(called, market).expect("a reading");
                    tips += self.exchange.execute_order(number(account), place, market, &reading)?.lamports.tip;
                }
                assert_eq!(tips, job.pays.lamports);
            }
            Task::SweepOrder { account, place } => {
                self.exchange.sweep_order(number(account), place.into(), None)?;
            }
            Task::UpdatePrices { .. } | Task::PayRequest { .. } => unreachable!("no test carries these out"),
        }
        Ok(self.exchange.account(self.keeper)?.balance.checked_sub(before).unwrap())
    }
}

/// The fills of a job, each with its order's place.
pub fn fills_of(job: &Job) -> impl Iterator<Item = (&Instruction, u8)> {
    let forms = [ExecuteOrder::DISCRIMINATOR, ExecuteOrderIfDue::DISCRIMINATOR];
    let is_fill = move |called: &&Instruction| forms.iter().any(|form| called.data.starts_with(form));
    job.instructions.iter().filter(is_fill).filter_map(|called| Some((called, *called.data.last()?)))
}

/// An account as it lies on chain.
pub fn stored(state: perp_engine::state::Account) -> MarginAccount {
    MarginAccount { state, version: VERSION, ..MarginAccount::zeroed() }
}

/// [`NOW`], so that tests can tell times.
pub const BEGIN: i64 = NOW;
