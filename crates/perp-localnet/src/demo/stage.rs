//! Where the demo plays: the chain at the time of the story, the feeds at its prices, and every transaction compared
//! with what the engine says it does.

use perp_client::instructions::{update_funding, Touched};
use perp_client::Addresses;
use perp_engine::oracle::OracleReading;
use perp_engine::units::{Atoms, Timestamp};
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::candles::Candle;
use crate::demo::show;
use crate::demo::world::{unanswered, World};
use crate::demo::DemoError;
use crate::feeds::{publish, Feed, DEFAULT_CONFIDENCE_BPS};
use crate::report::{Recorder, Step};
use crate::setup::Localnet;
use crate::usd_price::{UsdPrice, EXPONENT};

/// The exchange of the localnet at one moment of the story.
pub struct Stage<'a> {
    pub localnet: Localnet,
    pub addresses: Addresses,
    /// As read after the last transaction, with the clock of the next one.
    pub world: World,
    /// Index of SOL-PERP.
    pub sol: u16,
    /// Index of BTC-PERP.
    pub btc: u16,
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
pub struct Move {
    pub before: World,
    pub expected: World,
    pub after: World,
}

impl Move {
    /// This and what followed it, as one. What is expected is still what the last transaction does to the chain it
    /// found: of anything earlier, compare `before` with `after`.
    pub fn then(self, next: Self) -> Self {
        Self { before: self.before, ..next }
    }

    /// Begins to report it.
    pub fn scene(self, name: impl Into<String>, expectation: impl Into<String>) -> Scene {
        Scene { step: Step::new(name, expectation), moved: self }
    }
}

/// A step of the report about a [`Move`].
pub struct Scene {
    step: Step,
    pub moved: Move,
}

impl Scene {
    /// Compares something between the world the engine expects and the one on chain.
    pub fn row(mut self, name: impl Into<String>, look: impl Fn(&World) -> String) -> Self {
        self.step = self.step.equal(name, look(&self.moved.expected), look(&self.moved.after));
        self
    }

    pub fn equal(mut self, name: impl Into<String>, expected: String, actual: String) -> Self {
        self.step = self.step.equal(name, expected, actual);
        self
    }

    pub fn check(mut self, name: impl Into<String>, expected: &str, actual: String, ok: bool) -> Self {
        self.step = self.step.check(name, expected, actual, ok);
        self
    }

    pub fn figure(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.step = self.step.figure(name, value.into());
        self
    }
}

impl<'a> Stage<'a> {
    /// The exchange as a migration left it, at the present time of the chain.
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
        let prices = Feed::ALL.map(|feed| (feed, feed.start_price()));
        Ok(Self {
            localnet,
            addresses,
            world,
            sol,
            btc,
            recorder,
            day,
            prices,
            transactions: 0,
            deviation: None,
            compared: 0,
        })
    }

    /// Travels to a second and publishes the prices of that time: BTC's from the candles, the others unchanged.
    pub fn go_to(&mut self, unix_time: i64) -> Result<(), DemoError> {
        let candle = self.day.iter().rev().find(|candle| candle.unix_time <= unix_time);
        let btc = candle.map_or(self.price(Feed::Btc), |candle| candle.open);
        self.go_to_at(unix_time, btc)
    }

    /// Travels to a second at which BTC costs `btc`.
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
    fn reading(&self, market: u16) -> OracleReading {
        let price = self.price(self.feed(market));
        OracleReading {
            price: price.units(),
            confidence: price.share(DEFAULT_CONFIDENCE_BPS),
            exponent: EXPONENT,
            publish_time: self.now(),
        }
    }

    /// The market together with the account its price is read from.
    pub fn touched(&self, market: u16) -> Touched {
        Touched::with_oracle(market, self.feed(market).address())
    }

    pub fn wallet(&self, name: &'static str) -> Result<Pubkey, DemoError> {
        Ok(self.localnet.wallets.get(name)?.address())
    }

    fn send(&mut self, signer: &'static str, instructions: &[Instruction]) -> Result<(), DemoError> {
        let wallet = self.localnet.wallets.get(signer)?;
        self.localnet.connection.send(instructions, &[&wallet.keypair])?;
        self.transactions += 1;
        Ok(())
    }

    /// One transaction, signed and paid by `signer`, and what `expect` says it does.
    pub fn perform<T>(
        &mut self,
        signer: &'static str,
        instructions: &[Instruction],
        expect: impl FnOnce(&mut World) -> Result<T, DemoError>,
    ) -> Result<(Move, T), DemoError> {
        self.world.clock.slot = self.localnet.chain().clock().slot;
        let before = self.world.clone();
        let mut expected = before.clone();
        let outcome = expect(&mut expected)?;
        self.send(signer, instructions)?;
        let after = self.take_in(&expected)?;
        Ok((Move { before, expected, after }, outcome))
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
    pub fn look_again(&mut self) -> Result<(), DemoError> {
        let expected = self.world.clone();
        self.take_in(&expected).map(drop)
    }

    pub fn read(&self) -> Result<World, DemoError> {
        let Localnet { connection, wallets, validator } = &self.localnet;
        World::read(connection, validator.chain(), &self.addresses, wallets)
    }

    /// A transaction that the exchange is to refuse: the name of its error.
    pub fn refused(&mut self, signer: &'static str, instructions: &[Instruction]) -> Result<String, DemoError> {
        match self.send(signer, instructions) {
            Ok(()) => Ok("accepted".into()),
            Err(DemoError::Send(error)) => match error.failure().and_then(|failure| failure.exchange_error()) {
                Some(rule) => Ok(rule.name()),
                None => Err(error.into()),
            },
            Err(error) => Err(error),
        }
    }

    /// Brings every market up to date: its price, then its funding.
    pub fn refresh(&mut self, signer: &'static str) -> Result<Move, DemoError> {
        let markets = [self.sol, self.btc];
        let instructions = markets.map(|market| update_funding(&self.addresses, self.touched(market)));
        let readings = markets.map(|market| (market, self.reading(market)));
        let (moved, ()) = self.perform(signer, &instructions, |world| {
            readings.iter().try_for_each(|(market, reading)| world.update_funding(*market, reading).map(drop))
        })?;
        Ok(moved)
    }

    /// Begins an act, with the time and the prices it begins at.
    pub fn act(&mut self, name: &str) {
        self.recorder.act(name);
        let prices = [Feed::Btc, Feed::Sol].map(|feed| format!("{feed} {}", show::usd(self.price(feed))));
        self.recorder.say(&format!("{}; {}", show::moment(self.now()), prices.join(", ")));
    }

    pub fn advance(&self) {
        self.recorder.advance();
    }

    /// Records a step about a move.
    pub fn record(&mut self, scene: Scene) -> Result<(), DemoError> {
        self.note(scene.step)
    }

    /// Records a step with what every one must show: since the last one nothing on chain became other than the engine
    /// computed, where there was anything to compare, and the vault holds what everybody is owed.
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
    pub fn candles(&self, [from, to]: [i64; 2]) -> Result<Vec<Candle>, DemoError> {
        let found: Vec<_> = self.day.iter().copied().filter(|candle| (from..=to).contains(&candle.unix_time)).collect();
        let complete = found.first().is_some_and(|candle| candle.unix_time == from)
            && found.last().is_some_and(|candle| candle.unix_time == to);
        complete.then_some(found).ok_or(DemoError::DayIncomplete { from, to })
    }

    pub fn lamports(&self, address: &Pubkey) -> Result<u64, DemoError> {
        self.localnet.connection.client().get_balance(address).map_err(unanswered)
    }

    /// How much of a token there is.
    pub fn supply(&self, mint: &Pubkey) -> Result<Atoms, DemoError> {
        let supply = self.localnet.connection.client().get_token_supply(mint);
        let atoms = supply.map_err(unanswered)?.amount.parse().map_err(|_| DemoError::Absent { expected: "supply" })?;
        Ok(Atoms::new(atoms))
    }

    /// Ends the chain.
    pub fn close(self) -> Result<(), DemoError> {
        Ok(self.localnet.validator.stop()?)
    }

    /// Transactions that took place so far, those that set the chain up apart.
    pub fn transactions(&self) -> usize {
        self.transactions
    }
}
