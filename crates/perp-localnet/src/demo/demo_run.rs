//! A run of the demo: the chain at the time of the story, the feeds at its prices, and every transaction compared with
//! what the engine says it does.

use perp_candles::{Candle, UsdPrice};
use perp_client::accounts::EpochRecord;
use perp_client::events::Event;
use perp_client::instructions::{close_epoch, pay_liquidity_request, update_funding, value_market, TargetMarket};
use perp_client::Addresses;
use perp_engine::oracle::OracleReading;
use perp_engine::units::{Atoms, Timestamp};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;
use solana_signature::Signature;

use crate::demo::expect::Expectation;
use crate::demo::show;
use crate::demo::world::{unanswered, World};
use crate::demo::DemoError;
use crate::feeds::{publish, Feed, DEFAULT_CONFIDENCE_BPS};
use crate::report::{Recorder, Step};
use crate::setup::Localnet;

/// The exchange of the localnet at one moment of the story.
pub struct DemoRun<'a> {
    /// The chain, its wallets, and the connection to it.
    pub localnet: Localnet,
    /// Where the exchange and everything of it is.
    pub addresses: Addresses,
    /// As read after the last transaction, with the clock of the next one.
    pub world: World,
    /// Index of SOL-PERP.
    pub sol: u16,
    /// Index of BTC-PERP.
    pub btc: u16,
    expectation: Expectation,
    recorder: &'a mut Recorder,
    day: &'a [Candle],
    prices: [(Feed, UsdPrice); 3],
    transactions: usize,
    /// The first thing on chain that was not as the engine says, until a step reports it.
    deviation: Option<String>,
    /// Times the chain was compared with what it must be since the last step.
    compared: usize,
}

/// One or more transactions: the exchange before and after, and as the engine says it must be after.
pub struct Transition {
    /// The last of them.
    pub signature: Signature,
    /// As it was on chain before the first.
    pub before: World,
    /// As it must be.
    pub expected: World,
    /// As it is on chain.
    pub after: World,
}

impl Transition {
    /// This and what followed it, as one. What is expected is still what the last transaction does to the exchange that the
    /// others left: of anything earlier, compare `before` with `after`.
    pub fn then(self, next: Self) -> Self {
        Self { before: self.before, ..next }
    }

    /// Begins to report it.
    pub fn report(self, name: impl Into<String>, expectation: impl Into<String>) -> StepReport {
        StepReport { step: Step::new(name, expectation), transition: self }
    }
}

/// A step of the report about a [`Transition`].
pub struct StepReport {
    step: Step,
    /// What it is about.
    pub transition: Transition,
}

impl StepReport {
    /// Compares something between the world the engine expects and the one on chain.
    pub fn row(mut self, name: impl Into<String>, look: impl Fn(&World) -> String) -> Self {
        self.step = self.step.equal(name, look(&self.transition.expected), look(&self.transition.after));
        self
    }

    /// Compares two values.
    pub fn equal(mut self, name: impl Into<String>, expected: String, actual: String) -> Self {
        self.step = self.step.equal(name, expected, actual);
        self
    }

    /// Holds when `ok`; `expected` says in words what that means.
    pub fn check(mut self, name: impl Into<String>, expected: &str, actual: String, ok: bool) -> Self {
        self.step = self.step.check(name, expected, actual, ok);
        self
    }

    /// Shows a value of which nothing is expected.
    pub fn figure(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.step = self.step.figure(name, value.into());
        self
    }
}

impl<'a> DemoRun<'a> {
    /// The exchange as a migration left it, at the present time of the chain.
    ///
    /// # Errors
    /// Where it cannot be read, or lacks a market of the story.
    pub fn open(
        localnet: Localnet,
        addresses: Addresses,
        recorder: &'a mut Recorder,
        day: &'a [Candle],
    ) -> Result<Self, DemoError> {
        let world = World::read(&localnet.connection, localnet.chain(), &addresses, &localnet.wallets)?;
        let index = |symbol: &'static str| {
            let found = world.markets.iter().find(|market| show::symbol(market) == symbol);
            found.map(|market| market.state.index).ok_or(DemoError::Absent { expected: symbol })
        };
        let (sol, btc) = (index("SOL-PERP")?, index("BTC-PERP")?);
        Ok(Self {
            localnet,
            addresses,
            expectation: Expectation::new(&world),
            world,
            sol,
            btc,
            recorder,
            day,
            prices: Feed::ALL.map(|feed| (feed, feed.start_price())),
            transactions: 0,
            deviation: None,
            compared: 0,
        })
    }

    /// Travels to a second and publishes the prices of that time: BTC's from the candles, the others unchanged.
    ///
    /// # Errors
    /// Where the chain is further already.
    pub fn go_to(&mut self, unix_time: i64) -> Result<(), DemoError> {
        let candle = self.day.iter().rev().find(|candle| candle.unix_time <= unix_time);
        let btc = candle.map_or(self.price(Feed::Btc), |candle| candle.open);
        self.go_to_at(unix_time, btc)
    }

    /// Travels to a second at which BTC costs `btc`.
    ///
    /// # Errors
    /// Where the chain is further already.
    pub fn go_to_at(&mut self, unix_time: i64, btc: UsdPrice) -> Result<(), DemoError> {
        let chain = self.localnet.chain();
        chain.travel_to(unix_time)?;
        for (feed, price) in &mut self.prices {
            if *feed == Feed::Btc {
                *price = btc;
            }
        }
        publish(chain, &self.prices, DEFAULT_CONFIDENCE_BPS)?;
        self.world.clock.now = Timestamp::new(unix_time);
        Ok(())
    }

    /// The second of the story.
    pub fn now(&self) -> i64 {
        self.world.clock.now.get()
    }

    fn price(&self, feed: Feed) -> UsdPrice {
        self.prices.iter().find(|(known, _)| *known == feed).map_or(feed.start_price(), |(_, price)| *price)
    }

    fn feed(&self, market: u16) -> Feed {
        if market == self.btc {
            Feed::Btc
        } else {
            Feed::Sol
        }
    }

    /// What the market's feed says now.
    ///
    /// # Errors
    /// Where no feed could say so.
    pub fn reading(&self, market: u16) -> Result<OracleReading, DemoError> {
        let price = self.price(self.feed(market));
        price.reading(DEFAULT_CONFIDENCE_BPS, self.now()).map_err(DemoError::Reading)
    }

    /// The market together with the account its price is read from.
    pub fn target(&self, market: u16) -> TargetMarket {
        TargetMarket::with_oracle(market, self.feed(market).address())
    }

    /// The address of a wallet.
    ///
    /// # Errors
    /// Where no test keypair has that name.
    pub fn wallet(&self, name: &'static str) -> Result<Pubkey, DemoError> {
        Ok(self.localnet.wallets.get(name)?.address())
    }

    fn send(&mut self, signer: &'static str, instructions: &[Instruction]) -> Result<Signature, DemoError> {
        let wallet = self.localnet.wallets.get(signer)?;
        let signature = self.localnet.connection.send(instructions, &[&wallet.keypair])?;
        self.transactions += 1;
        Ok(signature)
    }

    /// One transaction, signed and paid by `signer`, and the same done by `operations` in memory.
    ///
    /// # Errors
    /// Where either is refused.
    pub fn perform<T>(
        &mut self,
        signer: &'static str,
        instructions: &[Instruction],
        operations: impl FnOnce(&mut Expectation) -> Result<T, DemoError>,
    ) -> Result<(Transition, T), DemoError> {
        self.world.clock.slot = self.localnet.chain().clock().slot;
        let before = self.world.clone();
        self.expectation.exchange.clock = before.clock;
        let outcome = self.expectation.transact(signer, operations)?;
        let expected = self.expectation.world(&before)?;
        let signature = self.send(signer, instructions)?;
        let after = self.take_in(&expected)?;
        Ok((Transition { signature, before, expected, after }, outcome))
    }

    /// The events of a transition's last transaction.
    ///
    /// # Errors
    /// Where the node does not tell of all of them.
    pub fn events(&self, transition: &Transition) -> Result<Vec<Event>, DemoError> {
        Ok(self.localnet.connection.events(&transition.signature)?)
    }

    /// Reads the chain and compares it with what it must be.
    fn take_in(&mut self, expected: &World) -> Result<World, DemoError> {
        let world = self.read()?;
        self.deviation = self.deviation.take().or_else(|| expected.difference(&world));
        self.compared += 1;
        self.world = world.clone();
        Ok(world)
    }

    /// Looks at the chain again, which nobody changed.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn look_again(&mut self) -> Result<(), DemoError> {
        let expected = self.world.clone();
        self.take_in(&expected).map(drop)
    }

    fn read(&self) -> Result<World, DemoError> {
        let Localnet { connection, wallets, validator, .. } = &self.localnet;
        World::read(connection, validator.chain(), &self.addresses, wallets)
    }

    /// A transaction that the exchange is to refuse: the name of its error.
    ///
    /// # Errors
    /// Where something else refuses it.
    pub fn refused(&mut self, signer: &'static str, instructions: &[Instruction]) -> Result<String, DemoError> {
        match self.send(signer, instructions) {
            Ok(_) => Ok("accepted".into()),
            Err(DemoError::Send(error)) => match error.failure().and_then(|failure| failure.exchange_error()) {
                Some(rule) => Ok(rule.name()),
                None => Err(error.into()),
            },
            Err(error) => Err(error),
        }
    }

    /// Brings every market up to date: its price, then its funding.
    ///
    /// # Errors
    /// Where a price is refused.
    pub fn refresh(&mut self, signer: &'static str) -> Result<Transition, DemoError> {
        let markets = [self.sol, self.btc];
        let instructions = markets.map(|market| update_funding(&self.addresses, self.target(market)));
        let readings = [(self.sol, self.reading(self.sol)?), (self.btc, self.reading(self.btc)?)];
        let (transition, ()) = self.perform(signer, &instructions, |expected| {
            for (market, reading) in &readings {
                expected.exchange.update_funding(*market, Some(reading))?;
            }
            Ok(())
        })?;
        Ok(transition)
    }

    /// Begins a chapter, with the time and the prices it begins at.
    pub fn chapter(&mut self, name: &str) {
        self.recorder.chapter(name);
        let prices = [Feed::Btc, Feed::Sol].map(|feed| format!("{feed} {}", show::usd(self.price(feed))));
        self.recorder.say(&format!("{}; {}", show::moment(self.now()), prices.join(", ")));
    }

    /// Moves the progress bar by one.
    pub fn advance(&self) {
        self.recorder.advance();
    }

    /// Records a step about a transition.
    ///
    /// # Errors
    /// Where a sum leaves its range.
    pub fn record(&mut self, report: StepReport) -> Result<(), DemoError> {
        self.note(report.step)
    }

    /// Records a step with what every one must show: since the last one nothing on chain became other than the engine
    /// computed, where there was anything to compare, and the vault holds what everybody is owed.
    ///
    /// # Errors
    /// Where a sum leaves its range.
    pub fn note(&mut self, mut step: Step) -> Result<(), DemoError> {
        const SAME: &str = "as the engine computes";
        let actual = self.deviation.take().map_or(SAME.into(), |what| format!("{what} differs"));
        if std::mem::take(&mut self.compared) > 0 {
            step = step.equal("every account on chain", SAME.into(), actual);
        }
        let sum = match self.world.check_books() {
            Ok(()) => show::usdc(self.world.cash()?),
            Err(violation) => format!("{violation:?}"),
        };
        self.recorder.record(step.equal("vault = sum of all claims on it", show::usdc(self.world.vault), sum));
        Ok(())
    }

    /// The candles that begin from the first to the last of two seconds, both of which one must begin at.
    ///
    /// # Errors
    /// [`DemoError::DayIncomplete`].
    pub fn candles(&self, [from, to]: [i64; 2]) -> Result<Vec<Candle>, DemoError> {
        let found: Vec<_> = self.day.iter().copied().filter(|candle| (from..=to).contains(&candle.unix_time)).collect();
        let complete = found.first().is_some_and(|candle| candle.unix_time == from)
            && found.last().is_some_and(|candle| candle.unix_time == to);
        complete.then_some(found).ok_or(DemoError::DayIncomplete { from, to })
    }

    /// Lamports at an address.
    ///
    /// # Errors
    /// Where the node does not answer.
    pub fn lamports(&self, address: &Pubkey) -> Result<u64, DemoError> {
        self.localnet.connection.client().get_balance(address).map_err(unanswered)
    }

    /// How much of a token there is.
    ///
    /// # Errors
    /// Where the node does not answer.
    pub fn supply(&self, mint: &Pubkey) -> Result<Atoms, DemoError> {
        let supply = self.localnet.connection.client().get_token_supply(mint);
        let atoms = supply.map_err(unanswered)?.amount.parse().map_err(|_| DemoError::Absent { expected: "supply" })?;
        Ok(Atoms::new(atoms))
    }

    /// What values every market at the boundary that is waited for, where nobody has a position, and closes it.
    ///
    /// # Errors
    /// Where no test keypair has the keeper's name.
    pub fn closing_flat_epoch(&self, keeper: &'static str) -> Result<Vec<Instruction>, DemoError> {
        let (keeper, boundary) = (self.wallet(keeper)?, self.world.exchange.state.boundary);
        let flat = [self.sol, self.btc].map(TargetMarket::at_cached_price);
        let mut instructions = flat.map(|market| value_market(&self.addresses, keeper, market)).to_vec();
        instructions.push(close_epoch(&self.addresses, keeper, boundary));
        Ok(instructions)
    }

    /// What pays a request of the epoch that ended at this boundary.
    ///
    /// # Errors
    /// Where the request or the epoch's record is not there.
    pub fn payment(
        &self,
        caller: &'static str,
        request: &Pubkey,
        boundary: Timestamp,
    ) -> Result<Instruction, DemoError> {
        let record: EpochRecord = self.localnet.connection.fetch(&self.addresses.epoch(boundary))?;
        Ok(pay_liquidity_request(&self.addresses, self.wallet(caller)?, &self.world.request(request)?, &record))
    }

    /// Ends the chain.
    ///
    /// # Errors
    /// Where it does not end.
    pub fn close(self) -> Result<(), DemoError> {
        Ok(self.localnet.validator.stop()?)
    }

    /// Transactions that took place so far, those that set the chain up apart.
    pub fn transactions(&self) -> usize {
        self.transactions
    }
}
