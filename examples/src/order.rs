//! Orders within a bound, and what came of them.

use anyhow::Result;
use perp_client::accounts::MarginAccount;
use perp_client::engine::units::{Atoms, Price, QuoteX40, SignedAtoms, SignedSize};
use perp_client::events::Event;
use perp_client::instructions::{create_token_account, deposit, open_account};
use solana_signature::Signature;

use crate::Client;

/// Opens the signer's first margin account with so much collateral, unless it is there.
///
/// # Errors
/// Where a transaction is refused.
pub fn open_margin_account(client: &Client, collateral: Atoms) -> Result<()> {
    let (authority, addresses) = (client.authority(), &client.addresses);
    if client.connection.find::<MarginAccount>(&authority.margin_account)?.is_some() {
        return Ok(());
    }
    let owner = authority.signer;
    let instructions = [
        create_token_account(addresses, owner, owner),
        open_account(addresses, owner, owner, 0, None),
        deposit(addresses, authority, addresses.tokens_of(&owner), collateral),
    ];
    client.connection.send(&instructions, &[&client.keypair])?;
    println!("deposited {}", client.show(collateral));
    Ok(())
}

/// The expected price, worse by so many hundredths of a percent.
///
/// # Errors
/// Where it lies outside what a price can be.
pub fn acceptable_price(expected: Price, size: SignedSize, slippage: u64) -> Result<Price> {
    let slack = Price::new(expected.get() / 10_000 * slippage);
    Ok(match size.get() {
        1.. => expected.checked_add(slack)?,
        _ => expected.checked_sub(slack)?,
    })
}

/// What one base unit was bought or sold for.
///
/// # Errors
/// Where nothing was.
pub fn average(notional: QuoteX40, size: SignedSize) -> Result<Price> {
    let size = i128::from(size.size().get());
    let average = notional.get().checked_div(size).ok_or_else(|| anyhow::anyhow!("nothing was filled"))?;
    Ok(Price::new(u64::try_from(average)?))
}

/// Prints the orders that a transaction filled.
///
/// # Errors
/// Where the node does not tell of the transaction.
pub fn print_fills(client: &Client, market: &crate::Price, signature: &Signature, acceptable: Price) -> Result<()> {
    for event in client.connection.events(signature)? {
        let Event::Traded(traded) = event else { continue };
        let (units, size) = (market.units(), SignedSize::new(traded.size));
        let filled = average(QuoteX40::new(traded.notional), size)?;
        println!("filled {} {} at {}", units.show_signed_size(size), market.symbol(), units.show_price(filled));
        println!("  acceptable price     {}", units.show_price(acceptable));
        println!("  spread               {}", client.show(QuoteX40::new(traded.spread).to_atoms_ceil()?));
        println!("  impact               {}", client.show(QuoteX40::new(traded.impact).to_atoms_ceil()?));
        println!("  fee                  {}", client.show(Atoms::new(traded.fee)));
        println!("  realized profit      {}", units.show_signed_atoms(SignedAtoms::new(traded.realized)));
        println!("  funding              {}", units.show_signed_atoms(SignedAtoms::new(traded.funding)));
        println!("  position             {}", units.show_signed_size(SignedSize::new(traded.size_after)));
        println!("  balance              {}", client.show(Atoms::new(traded.balance_after)));
    }
    Ok(())
}
