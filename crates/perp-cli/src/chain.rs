//! The exchange as it is now: read once for each command.

use perp_accounts::{decode, Market, ID};
use perp_client::addresses::unpadded;
use perp_client::instructions::update_prices;
use perp_client::jobs::Fresh;
use perp_client::rpc::{FetchError, Venue};
use perp_client::Addresses;
use perp_engine::state::Account;
use perp_engine::units::Timestamp;
use perp_exchange::convert::Units;
use perp_exchange::Exchange;
use solana_instruction::Instruction;
use solana_pubkey::Pubkey;

use crate::bring::Brought;
use crate::failure::Failure;
use crate::settings::{nearest, Settings};

/// An exchange, its markets with their symbols, and everything at the newest prices that its price accounts have.
pub struct Chain {
    /// Reads accounts and sends transactions.
    pub venue: Venue,
    /// The exchange with every new price taken in, as a transaction finds it that takes them in first.
    pub fresh: Fresh,
    /// Every market, in the order of their indices.
    pub markets: Vec<Market>,
    /// What is posted in the transaction that a command sends.
    pub brought: Option<Brought>,
}

impl Chain {
    /// Reads it.
    ///
    /// # Errors
    /// [`Failure`] where a setting is missing or wrong, or the node does not answer.
    pub fn load(settings: &Settings) -> Result<Self, Failure> {
        let (url, address) = (settings.rpc_url()?, settings.exchange()?);
        let venue = Venue::open(url, address).map_err(|error| wrong_place(url, &address, error))?;
        let fresh = venue.fresh()?;
        let addresses: Vec<_> = (0..fresh.exchange.market_count).map(|index| venue.addresses.market(index)).collect();
        let found = venue.connection.read(&addresses)?;
        let markets = addresses.iter().zip(found).map(|(address, found)| {
            let missing = FetchError::Missing { address: *address, expected: "market" };
            let account = found.ok_or(missing)?;
            decode::<Market>(address, &account.owner, &account.data).map_err(FetchError::from)
        });
        let markets = markets.collect::<Result<_, _>>()?;
        Ok(Self { venue, fresh, markets, brought: None })
    }

    /// Has the transaction bring the newest prices of the account's markets and of this one, where they are old and a server is set.
    ///
    /// # Errors
    /// [`Failure`].
    pub fn bring(&mut self, settings: &Settings, account: &Account, market: Option<u16>) -> Result<(), Failure> {
        let held = account.occupied().map(|(_, position)| position.market);
        let markets: Vec<u16> = held.chain(market).collect();
        self.brought = Brought::newest(self, settings.prices_url(), &markets)?;
        Ok(())
    }

    /// Where everything is.
    pub fn addresses(&self) -> &Addresses {
        &self.venue.addresses
    }

    /// The exchange in memory.
    pub fn exchange(&self) -> &Exchange {
        &self.fresh.exchange
    }

    /// The chain's time.
    pub fn now(&self) -> Timestamp {
        self.fresh.exchange.clock.now
    }

    /// Decimals of the quote token.
    pub fn decimals(&self) -> u8 {
        self.venue.quote_decimals
    }

    /// The market that was meant: by its index, its symbol, or its symbol without what follows the dash.
    ///
    /// # Errors
    /// [`Failure::Input`] with the markets there are.
    pub fn market(&self, name: &str) -> Result<&Market, Failure> {
        let symbols: Vec<String> = self.markets.iter().map(|market| unpadded(&market.symbol)).collect();
        let by_index = name.parse::<usize>().ok().and_then(|index| self.markets.get(index));
        let is = |symbol: &String| symbol.eq_ignore_ascii_case(name);
        let begins =
            |symbol: &String| symbol.split_once('-').is_some_and(|(asset, _)| asset.eq_ignore_ascii_case(name));
        let by_symbol = || symbols.iter().position(is);
        let by_asset = || match symbols.iter().filter(|symbol| begins(symbol)).count() {
            1 => symbols.iter().position(begins),
            _ => None,
        };
        let found = by_index.or_else(|| by_symbol().or_else(by_asset).and_then(|place| self.markets.get(place)));
        found.ok_or_else(|| {
            let listed: Vec<String> =
                symbols.iter().enumerate().map(|(index, symbol)| format!("{symbol} ({index})")).collect();
            let near = nearest(name, symbols.iter().map(String::as_str));
            let near = near.map(|near| format!("did you mean {near}? ")).unwrap_or_default();
            let listed =
                if listed.is_empty() { "there is none yet".into() } else { format!("there are {}", listed.join(", ")) };
            Failure::Input(format!("MARKET is \"{name}\", which is no market of this exchange: {near}{listed}"))
        })
    }

    /// The instruction that takes in what is new of the prices of the account's markets, but for one that its own instruction takes in.
    pub fn freshen(&self, account: &Account, except: Option<u16>) -> Option<Instruction> {
        let held = |market: u16| account.occupied().any(|(_, position)| position.market == market);
        let news = self.fresh.news().filter(|(market, _)| held(*market) && Some(*market) != except);
        let pairs: Vec<_> = news.collect();
        (!pairs.is_empty()).then(|| update_prices(self.addresses(), pairs))
    }

    /// Symbol of the market of an index; its index where it is not known.
    pub fn symbol(&self, index: u16) -> String {
        self.markets.get(usize::from(index)).map_or_else(|| index.to_string(), |market| unpadded(&market.symbol))
    }

    /// Units of the market of an index.
    pub fn units(&self, index: u16) -> Units {
        let unknown = Units { base_decimals: 0, quote_decimals: self.decimals() };
        self.markets.get(usize::from(index)).map_or(unknown, |market| Units::of(&market.state))
    }
}

/// What is wrong with the address of an exchange, where it is that.
fn wrong_place(url: &str, exchange: &Pubkey, error: FetchError) -> Failure {
    match error {
        FetchError::Account(error) => Failure::Input(format!("exchange is {exchange}: {error}")),
        FetchError::Missing { address, .. } if address == *exchange => {
            let connection = perp_client::rpc::Connection::new(url);
            match connection.is_program(&ID) {
                Ok(false) => Failure::Input(format!(
                    "the program {ID} is not on this cluster: check that rpc_url is of the right one"
                )),
                Ok(true) => {
                    Failure::Input(format!("exchange is {exchange}, where there is nothing: check the address"))
                }
                Err(error) => error.into(),
            }
        }
        error => error.into(),
    }
}
