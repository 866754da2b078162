//! Signed prices posted: what is the same for everybody who posts one.

use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{anyhow, Result};
use perp_client::rpc::Connection;
use perp_updates::receiver::Poster;
use perp_updates::{Plan, Post, Posting, Update};
use solana_instruction::Instruction;
use solana_keypair::Keypair;
use solana_signature::Signature;
use solana_signer::Signer;

/// The transactions that post these feeds of `update` and then run `then`, which takes `then_units` compute units.
///
/// # Errors
/// Where the receiver's settings cannot be read, or there are no such transactions.
pub fn plan(
    connection: &Connection,
    payer: &Keypair,
    update: &Update,
    posts: Vec<Post>,
    then: Vec<Instruction>,
    then_units: u32,
) -> Result<Plan> {
    let receiver = posts.first().ok_or_else(|| anyhow!("nothing to post"))?.destination.receiver;
    let posting = Posting {
        config: perp_updates::rpc::receiver_config(connection, receiver)?,
        poster: Poster { payer: payer.pubkey(), treasury: 0 },
        update,
        posts,
        then,
        then_units,
        unit_price: 0,
        // One signer has as many messages open at the same time as he likes.
        number: SystemTime::now().duration_since(UNIX_EPOCH)?.as_micros() as u64,
        vaa_lamports: perp_updates::rpc::vaa_lamports(connection, &update.vaa)?,
    };
    Ok(posting.plan()?)
}

/// Sends them and prints how many they were. Returns the one that uses the prices.
///
/// # Errors
/// Where one is refused.
pub fn send(connection: &Connection, plan: &Plan, signers: &[&Keypair]) -> Result<Signature> {
    let signatures = perp_updates::rpc::send(connection, plan, signers)?;
    println!("transactions {}, the price is used in number {}", signatures.len(), plan.uses + 1);
    signatures.get(plan.uses).copied().ok_or_else(|| anyhow!("the plan has no transaction {}", plan.uses))
}
