//! One pass of a liquidator: looks at every margin account, asks the engine what a liquidation would pay, and sends those
//! that pay enough. It needs no collateral.

use anyhow::{Context, Result};
use clap::Parser;
use perp_client::accounts::{decode, MarginAccount, Pubkey, Stored, ID};
use perp_client::engine::operations::position::LiquidationOrder;
use perp_client::engine::units::{Atoms, Size};
use perp_client::events::Event;
use perp_client::exchange::convert::atoms;
use perp_client::instructions::{liquidate, open_account, update_prices};
use perp_examples::{Client, Options, Price};
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_rpc_client_api::config::{RpcAccountInfoConfig, RpcProgramAccountsConfig};
use solana_rpc_client_api::filter::{Memcmp, RpcFilterType};

/// Liquidates what pays, and prints what each liquidation brought.
#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    options: Options,
    /// Least bounty that is worth a transaction
    #[arg(long, default_value = "0.05")]
    least: String,
}

fn main() -> Result<()> {
    let Arguments { options, least } = Arguments::parse();
    let client = options.connect("liquidator")?;
    let least = atoms(&least, client.quote_decimals)?;
    open_margin_account(&client)?;

    let found = margin_accounts(&client)?;
    println!("margin accounts with a position: {}", found.len());
    let mut sent = 0;
    for (address, account) in found {
        sent += usize::from(liquidate_what_pays_most(&client, address, &account, least)?);
    }
    println!("liquidations: {sent}");
    Ok(())
}

/// Bounties are credited to a margin account, which may be empty.
fn open_margin_account(client: &Client) -> Result<()> {
    let authority = client.authority();
    if client.connection.find::<MarginAccount>(&authority.margin_account)?.is_none() {
        let open = open_account(&client.addresses, authority.signer, authority.signer, 0, None);
        client.connection.send(&[open], &[&client.keypair])?;
    }
    Ok(())
}

/// Every margin account of the exchange with an open position, but the liquidator's own: the node filters by type, length and
/// exchange.
fn margin_accounts(client: &Client) -> Result<Vec<(Pubkey, MarginAccount)>> {
    let starts = [&MarginAccount::TAG[..], client.addresses.exchange.as_ref()].concat();
    let config = RpcProgramAccountsConfig {
        filters: Some(vec![
            RpcFilterType::DataSize(MarginAccount::SPACE.try_into()?),
            RpcFilterType::Memcmp(Memcmp::new_base58_encoded(0, &starts)),
        ]),
        account_config: RpcAccountInfoConfig { encoding: Some(UiAccountEncoding::Base64), ..Default::default() },
        ..Default::default()
    };
    let mut accounts = Vec::new();
    for (address, found) in client.connection.client().get_program_ui_accounts_with_config(&ID, config)? {
        let data = found.data.decode().context("the node sent an account that cannot be decoded")?;
        let account: MarginAccount = decode(&address, &ID, &data)?;
        let is_open = account.state.occupied().any(|(_, position)| !position.size.is_zero());
        if is_open && address != client.authority().margin_account {
            accounts.push((address, account));
        }
    }
    Ok(accounts)
}

/// Sends the liquidation of the account's position that pays most, where one pays enough.
fn liquidate_what_pays_most(client: &Client, address: Pubkey, account: &MarginAccount, least: Atoms) -> Result<bool> {
    // The account is judged at the newest prices of all its markets, so these are taken in first, here and on chain.
    let mut exchange = client.connection.snapshot(&client.addresses)?;
    let mut prices: Vec<Price> = Vec::new();
    for (_, position) in account.state.occupied() {
        let price = client.price(position.market)?;
        exchange.ingest_price(position.market, &price.reading)?;
        prices.push(price);
    }
    let own: MarginAccount = client.connection.fetch(&client.authority().margin_account)?;
    let mut best: Option<(&Price, Atoms)> = None;
    for price in &prices {
        let market = price.market.state.index;
        let any = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: least };
        // A refusal is the usual answer: the account is healthy, or the bounty too small.
        let Ok(preview) = exchange.preview_liquidation(&account.state, &own.state, market, &any, None) else {
            continue;
        };
        let bounty = preview.plan.penalty.bounty;
        if best.is_none_or(|(_, most)| bounty > most) {
            best = Some((price, bounty));
        }
    }
    let Some((price, bounty)) = best else { return Ok(false) };

    // Less than the preview promised means that somebody was faster.
    let order = LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: bounty };
    let others =
        prices.iter().map(|price| &price.market).filter(|market| market.state.index != price.market.state.index);
    let others: Vec<_> = others.map(|market| (market.state.index, market.oracle.account)).collect();
    let mut instructions = Vec::new();
    if !others.is_empty() {
        instructions.push(update_prices(&client.addresses, others));
    }
    let authority = client.authority();
    instructions.push(liquidate(&client.addresses, authority, address, &account.state, price.target(), &order));
    let signature = client.connection.send(&instructions, &[&client.keypair])?;
    for event in client.connection.events(&signature)? {
        let Event::Liquidated(liquidated) = event else { continue };
        println!(
            "closed {} {} of {}: bounty {}, of a penalty of {}",
            price.units().show_size(Size::new(liquidated.closed)),
            price.symbol(),
            liquidated.owner,
            client.show(Atoms::new(liquidated.bounty)),
            client.show(Atoms::new(liquidated.penalty)),
        );
    }
    Ok(true)
}
