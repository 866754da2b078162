//! A whole keeper in twenty lines: it follows every margin account, liquidates what pays, and settles what a crash leaves behind.

use std::time::Duration;

use anyhow::{anyhow, Result};
use perp_client::accounts::MarginAccount;
use perp_client::engine::units::Atoms;
use perp_client::jobs::{after_crash, liquidations};
use perp_client::rpc::{SendOptions, Venue};

fn main() -> Result<()> {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>().try_into();
    let [url, ws, exchange, key]: [String; 4] =
        arguments.map_err(|_| anyhow!("usage: keeper URL WS EXCHANGE KEYPAIR"))?;
    let (key, venue) = (perp_examples::keypair(key.as_ref())?, Venue::open(&url, exchange.parse()?)?);
    let me = [venue.keeper(&key, 0)?];
    let mut accounts = venue.follow::<MarginAccount>(&ws)?;
    let options = SendOptions { micro_lamports: 10_000, ..SendOptions::default() };
    loop {
        let (fresh, known) = (venue.fresh()?, accounts.now()?);
        let mut jobs = liquidations(&fresh, known, &me, Atoms::ZERO);
        jobs.extend(after_crash(&fresh, known, Atoms::new(1_000_000)));
        for (job, result) in venue.connection.send_all(&jobs, &[&key], &options) {
            match result {
                Ok(landed) => println!("{job}: {:?}", landed.events),
                Err(error) if error.lost_race() => {}
                Err(error) => eprintln!("{job}: {error}"),
            }
        }
        accounts.wait(Duration::from_millis(100));
    }
}
