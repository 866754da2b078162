//! Posts signed prices and prints what their accounts say then.

use std::path::PathBuf;

use anyhow::{anyhow, Result};
use clap::Parser;
use perp_client::accounts::oracle::{OracleBinding, OracleKind};
use perp_client::accounts::Pubkey;
use perp_client::rpc::Connection;
use perp_examples::{keypair, post, AddressFile};
use perp_updates::destination::Place;
use perp_updates::posting::transaction_len;
use perp_updates::receiver::reclaim_rent;
use perp_updates::{Destination, FeedId, Post, PriceServer, Receiver};
use solana_keypair::Keypair;
use solana_signer::Signer;

/// Fetches the latest signed prices of some feeds under one signature, posts them, and prints what the accounts say.
#[derive(Parser)]
struct Arguments {
    /// Pyth's number of a feed, 64 hexadecimal digits (repeatable)
    #[arg(long, required = true)]
    feed: Vec<FeedId>,
    /// JSON RPC server of a node [default: the localnet's]
    #[arg(long, requires_all = ["prices", "keypair"])]
    url: Option<String>,
    /// Server of signed prices [default: the localnet's]
    #[arg(long)]
    prices: Option<String>,
    /// Keypair file to sign and pay with [default: alice's of the localnet]
    #[arg(long)]
    keypair: Option<PathBuf>,
    /// Folder in which the localnet keeps its keypairs and exchange.json
    #[arg(long, default_value = ".localnet/keys")]
    keys: PathBuf,
    /// Post to the accounts that the push oracle keeps for the feeds in this shard, and not to new ones
    #[arg(long, value_name = "NUMBER")]
    shard: Option<u16>,
    /// Leave the new accounts open, for a market that takes any account
    #[arg(long, conflicts_with = "shard")]
    keep: bool,
}

fn main() -> Result<()> {
    let Arguments { feed: feeds, url, prices, keypair: path, keys, shard, keep } = Arguments::parse();
    let (url, prices) = match (url, prices) {
        (Some(url), Some(prices)) => (url, prices),
        (_, prices) => {
            let local = AddressFile::read(&keys)?;
            (local.rpc_url, prices.unwrap_or(local.prices_url))
        }
    };
    let payer = keypair(&path.unwrap_or_else(|| keys.join("alice.json")))?;
    let connection = Connection::new(&url);
    let receiver = Receiver::Core;
    let accounts: Vec<Keypair> = feeds.iter().map(|_| Keypair::new()).collect();
    let posts: Vec<Post> = feeds
        .iter()
        .zip(&accounts)
        .map(|(feed, own)| {
            let place = match shard {
                Some(shard) => Place::Shared { account: receiver.feed_account(shard, feed), shard },
                None => Place::Own { account: own.pubkey() },
            };
            let destination = Destination { receiver, feed: *feed, place };
            Post { destination, is_new: shard.is_none(), close: false }
        })
        .collect();

    let update = PriceServer::new(&prices)?.latest(&feeds)?;
    let plan = post::plan(&connection, &payer, &update, posts.clone(), vec![], 0)?;
    let lengths: Vec<_> = plan.transactions.iter().map(|all| transaction_len(&payer.pubkey(), all)).collect();
    println!(
        "signatures {}, message of {} bytes, transactions of {lengths:?} bytes",
        update.signed.signatures,
        update.vaa.len()
    );
    let signers: Vec<&Keypair> = [&payer].into_iter().chain(&accounts).collect();
    post::send(&connection, &plan, &signers)?;

    let now = connection.clock()?.now;
    for Post { destination, .. } in &posts {
        let address = destination.account();
        let account = connection.client().get_account(&address)?;
        let binding = OracleBinding::new(OracleKind::Pull, receiver.program(), Pubkey::default(), destination.feed.0);
        let reading = perp_oracle::read_oracle(&address, &account.owner, &account.data, &binding)
            .map_err(|rule| anyhow!("{address} is no price of feed {}: {rule:?}", destination.feed))?;
        println!("{address}");
        println!("  feed        {}", destination.feed);
        println!("  price       {} ± {} · 10^{}", reading.price(), reading.confidence(), reading.exponent());
        println!("  published   {}, {} s ago", reading.publish_time(), now.get() - reading.publish_time());
    }
    if shard.is_none() && !keep {
        let close = posts.iter().map(|post| reclaim_rent(receiver, payer.pubkey(), post.destination.account()));
        connection.send(&close.collect::<Vec<_>>(), &[&payer])?;
        println!("closed");
    }
    Ok(())
}
