//! Changes from a Geyser server that plays its part in this process: told, lost, garbled, late, and cut off.

#[path = "../common/mod.rs"]
mod common;
mod stub;

use std::time::{Duration, Instant};

use common::{eventually, Local};
use perp_client::accounts::MarginAccount;
use perp_client::rpc::{Follow, Venue, WebSocket};
use perp_keeper::geyser::{Geyser, Server};
use solana_pubkey::Pubkey;
use stub::Stub;

/// A server is held for away after so long without a slot, and looked for again so much later.
const SILENCE: Duration = Duration::from_secs(2);
const AWAY: Duration = Duration::from_millis(500);

/// A localnet with a trader, whose margin accounts are followed by a stub and the localnet's WebSocket server.
struct World {
    local: Local,
    venue: Venue,
    trader: Pubkey,
}

impl World {
    fn start() -> Self {
        let local = Local::start();
        local.trader("alice", 0, 5_000, None, &[(0, 1_400)]);
        let alice = local.exchange.localnet.wallets.get("alice").unwrap().address();
        let trader = local.exchange.addresses.margin_account(&alice, 0);
        Self { venue: local.venue(), local, trader }
    }

    fn websocket(&self) -> String {
        self.local.exchange.localnet.validator.ws_url()
    }

    fn follow(&self, stub: &Stub) -> Follow<MarginAccount> {
        let server = Server::new(&stub.url(), Some("hush")).unwrap().impatient(SILENCE, AWAY);
        self.venue.follow_by(Geyser::new(server, WebSocket::new(self.websocket()))).unwrap()
    }

    /// The trader's account as the node has it, so many changes later.
    fn later(&self, changes: u64) -> MarginAccount {
        let mut account: MarginAccount = self.venue.connection.fetch(&self.trader).unwrap();
        account.state.sequence += changes;
        account
    }

    fn slot(&self) -> u64 {
        self.venue.connection.clock().unwrap().slot
    }
}

fn sequence(follow: &mut Follow<MarginAccount>, address: &Pubkey) -> u64 {
    follow.now().unwrap().get(address).unwrap().state.sequence
}

/// Waits until something holds of what is followed.
fn until(what: &str, follow: &mut Follow<MarginAccount>, holds: impl Fn(&mut Follow<MarginAccount>) -> bool) {
    let begun = Instant::now();
    while !holds(follow) {
        assert!(begun.elapsed() < Duration::from_secs(20), "{what}: {:?} {:?}", follow.kind(), follow.reason());
        follow.wait(Duration::from_millis(20));
        follow.now().unwrap();
    }
}

#[test]
fn what_a_geyser_server_tells_counts_without_being_read() {
    let (world, stub) = (World::start(), Stub::start("hush"));
    let mut follow = world.follow(&stub);
    let before = sequence(&mut follow, &world.trader);
    assert_eq!((follow.kind(), follow.gaps()), (Some("geyser"), 0));
    // Asked for are this program's margin accounts of this exchange.
    let request = stub.request();
    let accounts = request.accounts.values().next().unwrap();
    assert_eq!((accounts.owner.len(), accounts.filters.len(), request.slots.len()), (1, 2, 1));
    // The node has none of this: only the server tells of it.
    stub.tell(world.slot() + 1, world.trader, &world.later(7));
    until("it is heard", &mut follow, |follow| sequence(follow, &world.trader) == before + 7);
    assert!(follow.changed().contains(&world.trader));
    // Of an earlier slot, what is older by its own count changes nothing.
    stub.tell(world.slot() - 1, world.trader, &world.later(3));
    stub.tell(world.slot() + 2, world.trader, &world.later(8));
    until("it is heard", &mut follow, |follow| sequence(follow, &world.trader) == before + 8);
    assert_eq!(follow.gaps(), 0);
}

#[test]
fn after_garbage_and_after_a_cut_everything_is_read_again() {
    let (world, stub) = (World::start(), Stub::start("hush"));
    let mut follow = world.follow(&stub);
    let before = sequence(&mut follow, &world.trader);
    for (gaps, garbage) in (1..).zip(stub::garbage(world.trader)) {
        // Of a change it says something that is none.
        stub.say(garbage);
        until("it is a gap", &mut follow, |follow| follow.gaps() == gaps && follow.incomplete_since().is_none());
        assert_eq!((sequence(&mut follow, &world.trader), follow.kind()), (before, Some("geyser")));
    }
    let gaps = follow.gaps();
    // A deposit that it has lost, and then it hangs up.
    world.local.trader("bob", 0, 1_000, None, &[]);
    let bob = world.local.exchange.localnet.wallets.get("bob").unwrap().address();
    let lost = world.local.exchange.addresses.margin_account(&bob, 0);
    assert!(!follow.now().unwrap().contains(&lost));
    stub.hang_up();
    until("it is read", &mut follow, |follow| follow.known().contains(&lost));
    assert!(follow.gaps() > gaps);
    until("the server is back", &mut follow, |follow| follow.kind() == Some("geyser"));
    stub.tell(world.slot() + 1, world.trader, &world.later(5));
    until("it is heard", &mut follow, |follow| sequence(follow, &world.trader) == before + 5);
}

#[test]
fn while_the_server_is_silent_or_away_the_nodes_websocket_server_serves() {
    let (world, stub) = (World::start(), Stub::start("hush"));
    let mut follow = world.follow(&stub);
    follow.now().unwrap();
    // It holds the connection, and says nothing any more.
    stub.fall_silent(true);
    until("it is left", &mut follow, |follow| follow.kind() == Some("websocket"));
    world.local.trader("bob", 0, 1_000, None, &[]);
    let bob = world.local.exchange.localnet.wallets.get("bob").unwrap().address();
    let opened = world.local.exchange.addresses.margin_account(&bob, 0);
    until("it is told", &mut follow, |follow| follow.known().contains(&opened));
    stub.fall_silent(false);
    until("it is taken up again", &mut follow, |follow| follow.kind() == Some("geyser"));
}

#[test]
fn a_server_that_refuses_whoever_asks_is_named_without_the_token() {
    let (world, stub) = (World::start(), Stub::start("another"));
    let server = Server::new(&stub.url(), Some("hush")).unwrap();
    let refused = server.version().unwrap_err();
    // It repeats what it was told.
    assert!(refused.contains("no such token") && !refused.contains("hush"), "{refused}");
    assert!(Server::new(&stub.url(), Some("hu\nsh")).unwrap_err().contains("geyser_token"));
    let mut follow = world.follow(&stub);
    follow.now().unwrap();
    assert_eq!(follow.kind(), Some("websocket"));
}

#[test]
fn a_keeper_follows_the_server_and_goes_on_without_it() {
    let (world, stub) = (World::start(), Stub::start("hush"));
    world.local.trader("bob", 0, 1_000, None, &[(0, 9_000)]);
    let url = stub.url();
    let flags = ["--jobs", "liquidate", "--geyser-url", url.as_str(), "--set", "geyser_token=hush"];
    let mut keeper = world.local.keeper_of("", &["liquidator"], &flags);
    keeper.wait_for(|event| event["event"] == "source" && event["kind"] == "geyser");
    stub.stop();
    keeper.wait_for(|event| event["event"] == "source" && event["kind"] == "websocket");
    let away = &keeper.of("geyser_away")[0];
    assert!(!away.to_string().contains("hush"), "{away}");
    // Nine times his collateral of $1 000 has lost 9 %, or $810.
    world.local.fall_to(900);
    assert!(eventually(|| keeper.of("outcome").iter().any(|event| event["outcome"] == "won")), "{}", keeper.text());
    keeper.stop();
}
