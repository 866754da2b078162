//! What a question asks about, done to the world that was loaded: a margin account on paper.

use super::views::order_of;
use super::Question;
use crate::layout::{OfPosition, Trade, Transfer};
use crate::refused::{Refused, Status};
use crate::world::{index, World};
use perp_accounts::{MarginAccount, Market, Stored};
use perp_engine::units::Atoms;

impl World {
    /// Opens a cross margin account without anything in it, and returns its number.
    ///
    /// # Errors
    /// `NoExchange`.
    pub fn open(&mut self) -> Result<u64, Refused> {
        Ok(self.exchange_mut()?.open_account(None)? as u64)
    }

    /// Makes a margin account that is not on chain part of what its markets sum up.
    ///
    /// # Errors
    /// `NoExchange`, `NoAccount`, `NoMarket`; a rule's.
    pub fn join(&mut self, number: u64) -> Result<(), Refused> {
        let account = place(number);
        Ok(self.exchange_mut()?.join(account)?)
    }

    /// Does what a question asks about: a trade, deposit, withdrawal, settlement, redemption or waiver. Later questions see it done.
    ///
    /// # Errors
    /// `UnknownQuestion` for any other; what the question would be refused with. Then nothing has changed.
    pub fn act(&mut self, question: &[u64]) -> Result<(), Refused> {
        let (number, rest) = question.split_first().ok_or(Refused::with(Status::WrongLength, 0, 1))?;
        let question = Question(rest);
        let exchange = self.exchange_mut()?;
        match number {
            1 => {
                let asked = question.only::<Trade>()?;
                exchange.trade(place(asked.account), index(asked.market)?, &order_of(asked)?, None)?;
            }
            3 => {
                let asked = question.only::<Transfer>()?;
                exchange.deposit(place(asked.account), Atoms::new(asked.amount))?;
            }
            4 => {
                let asked = question.only::<Transfer>()?;
                exchange.withdraw(place(asked.account), Atoms::new(asked.amount))?;
            }
            6..=9 => {
                let asked = question.only::<OfPosition>()?;
                let (account, market) = (place(asked.account), index(asked.market)?);
                match number {
                    6 => exchange.settle_pnl(account, market, None, None).map(|_| ())?,
                    7 => exchange.settle_funding(account, market).map(|_| ())?,
                    8 => exchange.redeem_claim(account, market).map(|_| ())?,
                    _ => exchange.waive_claim(account, market).map(|_| ())?,
                }
            }
            _ => return Err(Refused::with(Status::UnknownQuestion, *number, 0)),
        }
        Ok(())
    }

    /// Writes a margin account as it would lie on chain, of nobody's, and returns its bytes.
    ///
    /// # Errors
    /// `NoExchange`, `NoAccount`, `AnswerTooLong`.
    pub fn store(&self, number: u64, output: &mut [u64]) -> Result<usize, Refused> {
        let state = *self.account(number)?;
        let version = perp_accounts::VERSION;
        encode(&MarginAccount { state, version, ..bytemuck::Zeroable::zeroed() }, output)
    }

    /// Writes a market in the same way, for modules that did not see what was done: its state, and nothing that is not read of it.
    ///
    /// # Errors
    /// `NoExchange`, `NoMarket`, `AnswerTooLong`.
    pub fn store_market(&self, market: u64, output: &mut [u64]) -> Result<usize, Refused> {
        let state = *self.exchange()?.market(index(market)?)?;
        let version = perp_accounts::VERSION;
        encode(&Market { state, version, ..bytemuck::Zeroable::zeroed() }, output)
    }
}

/// Writes an account with its tag.
fn encode<T: Stored>(account: &T, output: &mut [u64]) -> Result<usize, Refused> {
    let bytes: &mut [u8] = bytemuck::cast_slice_mut(output);
    let room = bytes.get_mut(..T::SPACE).ok_or(Refused::of(Status::AnswerTooLong))?;
    let (tag, body) = room.split_at_mut(T::TAG.len());
    tag.copy_from_slice(&T::TAG);
    body.copy_from_slice(bytemuck::bytes_of(account));
    Ok(T::SPACE)
}

fn place(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::OUTPUT_WORDS;
    use perp_engine::fixtures::{at, reading, sol_market, usdc, SOL};
    use perp_engine::state::Pool;

    /// An exchange with SOL-PERP at $250, $100 000 of backing and nobody in it.
    fn world() -> World {
        let mut world = World::default();
        let now = at(0);
        world.set_clock(now.now.get(), now.slot);
        let exchange = perp_accounts::Exchange {
            market_count: 1,
            quote_decimals: 6,
            version: perp_accounts::VERSION,
            ..bytemuck::Zeroable::zeroed()
        };
        let mut state = sol_market();
        state.ledger.backing = usdc(100_000);
        let market = perp_accounts::Market { state, version: perp_accounts::VERSION, ..bytemuck::Zeroable::zeroed() };
        let pool = perp_accounts::Pool {
            state: Pool { cash: usdc(1_000_000), ..perp_engine::fixtures::pool(0) },
            version: perp_accounts::VERSION,
            ..bytemuck::Zeroable::zeroed()
        };
        load(&mut world, &exchange);
        load(&mut world, &pool);
        load(&mut world, &market);
        world
    }

    fn load<T: Stored>(world: &mut World, account: &T) {
        let bytes = [&T::TAG[..], bytemuck::bytes_of(account)].concat();
        world.load(0, &bytes).unwrap();
    }

    fn words<T: bytemuck::Pod>(number: u64, question: &T) -> Vec<u64> {
        let words: &[u64] = bytemuck::cast_slice(bytemuck::bytes_of(question));
        [&[number], words].concat()
    }

    fn trade(size: i64) -> Vec<u64> {
        let acceptable_price = if size > 0 { u64::MAX } else { 1 };
        words(1, &Trade { account: 0, market: 0, size, acceptable_price, reduce_only: 0 })
    }

    fn stored(world: &World) -> Vec<u8> {
        let mut output = vec![0; OUTPUT_WORDS];
        let length = world.store(0, &mut output).unwrap();
        bytemuck::cast_slice::<u64, u8>(&output)[..length].to_vec()
    }

    #[test]
    fn an_account_on_paper_is_taken_on_from_its_bytes_on_an_exchange_that_knows_nothing_of_it() {
        let mut first = world();
        assert_eq!(first.open().unwrap(), 0);
        first.act(&words(3, &Transfer { account: 0, amount: usdc(1_000).get() })).unwrap();
        first.act(&trade(10 * SOL as i64)).unwrap();
        // 4 bp of $2500
        assert_eq!(first.account(0).unwrap().balance, usdc(999));

        // A day later the chain is as it was: nobody holds anything.
        let mut later = world();
        later.set_clock(at(60).now.get(), at(60).slot + 150);
        later.load(0, &stored(&first)).unwrap();
        later.join(0).unwrap();
        let rise = reading(260_00000000, 0, 60);
        let rise = crate::world::Reading {
            price: rise.price() as i64,
            confidence: 0,
            exponent: -8,
            published: rise.publish_time(),
            previous: at(0).now.get(),
        };
        later.price(0, &rise).unwrap();
        later.act(&trade(-10 * SOL as i64)).unwrap();
        let account = later.account(0).unwrap();
        assert!(!account.has_open_position());
        // $100 of profit less what closing costs: some basis points of $2600.
        assert!((1_090..1_099).contains(&(account.balance.get() / usdc(1).get())), "{:?}", account.balance);
    }

    #[test]
    fn without_being_joined_it_holds_what_the_market_does_not_know_of() {
        let mut first = world();
        first.open().unwrap();
        first.act(&words(3, &Transfer { account: 0, amount: usdc(1_000).get() })).unwrap();
        first.act(&trade(10 * SOL as i64)).unwrap();
        let mut later = world();
        later.set_clock(at(2).now.get(), at(2).slot + 5);
        later.load(0, &stored(&first)).unwrap();
        let before = stored(&later);
        assert!(later.act(&trade(-10 * SOL as i64)).is_err());
        assert_eq!(stored(&later), before);
    }

    #[test]
    fn what_a_rule_refuses_or_nobody_can_do_changes_nothing() {
        let mut world = world();
        world.open().unwrap();
        world.act(&words(3, &Transfer { account: 0, amount: usdc(100).get() })).unwrap();
        let before = stored(&world);
        // $2500 on $100 are 25x.
        let refused = world.act(&trade(10 * SOL as i64)).unwrap_err();
        assert_eq!((refused.status, refused.words.code), (Status::Rule, 60));
        assert_eq!(world.act(&[12]).unwrap_err().status, Status::UnknownQuestion);
        assert_eq!(world.act(&[]).unwrap_err().status, Status::WrongLength);
        assert_eq!(stored(&world), before);
    }
}
