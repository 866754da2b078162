use super::*;
use crate::addresses::Addresses;
use crate::instructions::{fund_claims, liquidate, settle_funding, Authority, TargetMarket};
use crate::jobs::{Pays, Task};
use crate::rpc::stub::{until, Fate, Stub};
use anchor_lang::prelude::Pubkey;
use anchor_lang::Discriminator;
use bytemuck::Zeroable;
use perp_engine::operations::position::LiquidationOrder;
use perp_engine::state::{Account, Position, MAX_POSITIONS};
use perp_engine::units::{Atoms, SignedSize, Size};
use solana_signer::Signer;
use solana_transaction::versioned::VersionedTransaction;
use std::collections::BTreeSet;

fn addresses() -> Addresses {
    Addresses::new(Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]), anchor_spl::token::ID)
}

fn job(task: Task, instruction: anchor_lang::solana_program::instruction::Instruction) -> Job {
    Job {
        task,
        pays: Pays::NOTHING,
        promises: 0,
        advances: 0,
        moves: Atoms::ZERO,
        instructions: vec![instruction],
        compute_units: 5_000,
    }
}

/// Jobs that anybody may send, each for another market.
fn claims(count: u16) -> Vec<Job> {
    (0..count).map(|market| job(Task::FundClaims { market }, fund_claims(&addresses(), market))).collect()
}

/// The liquidation of an account with so many positions.
fn liquidation(keeper: &Keypair, positions: u16) -> Job {
    let mut account = Account::zeroed();
    for (market, place) in (0..positions).zip(&mut account.positions) {
        *place = Position { size: SignedSize::new(7), ..Position::empty_in(market) };
    }
    let keeper = Authority { signer: keeper.pubkey(), margin_account: Pubkey::new_from_array([3; 32]) };
    let (liquidated, order) =
        (Pubkey::new_from_array([4; 32]), LiquidationOrder { max_size: Size::new(u64::MAX), min_bounty: Atoms::ZERO });
    let target = TargetMarket::with_oracle(0, Pubkey::new_from_array([5; 32]));
    let instruction = liquidate(&addresses(), keeper, liquidated, &account, target, &order);
    job(Task::Liquidate { account: liquidated, market: 0 }, instruction)
}

/// Broadcast once, however slow the machine is.
fn quick() -> SendOptions {
    SendOptions { rebroadcast: Duration::from_secs(60), events: false, ..SendOptions::default() }
}

/// Whether the transaction writes this market.
fn names(transaction: &VersionedTransaction, market: u16) -> bool {
    transaction.message.static_account_keys().contains(&addresses().market(market))
}

#[test]
fn many_jobs_share_a_blockhash_and_a_poll() {
    let stub = Stub::start();
    let (jobs, payer) = (claims(40), Keypair::new());
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&payer], &quick());
    let signatures: BTreeSet<_> = results.iter().map(|(_, result)| result.as_ref().unwrap().signature).collect();
    assert_eq!(signatures.len(), 40);
    for ((job, _), expected) in results.iter().zip(&jobs) {
        assert_eq!(job.task, expected.task);
    }
    let state = stub.state();
    assert_eq!((state.asked("getLatestBlockhash"), state.broadcast.len()), (1, 40));
    let polls: Vec<_> = state.requests.iter().filter(|(method, _)| method == "getSignatureStatuses").collect();
    assert_eq!(polls, [&("getSignatureStatuses".to_owned(), 40)]);
}

#[test]
fn compute_limit_and_price_are_set() {
    let stub = Stub::start();
    let (jobs, payer) = (claims(1), Keypair::new());
    let options = SendOptions { micro_lamports: 7, ..quick() };
    Connection::new(&stub.url()).send_all(&jobs, &[&payer], &options);
    let unlimited = SendOptions { compute: Some(90_000), ..quick() };
    Connection::new(&stub.url()).send_all(&jobs, &[&payer], &unlimited);
    let state = stub.state();
    let data: Vec<Vec<u8>> =
        state.broadcast.iter().flat_map(|sent| sent.message.instructions()).map(|called| called.data.clone()).collect();
    // The job's 5 000 and 300 for these two.
    assert_eq!(data[0], [&[2][..], &5_300u32.to_le_bytes()].concat());
    assert_eq!(data[1], [&[3][..], &7u64.to_le_bytes()].concat());
    assert_eq!(data[3], [&[2][..], &90_000u32.to_le_bytes()].concat());
}

#[test]
fn what_is_lost_is_broadcast_again() {
    let stub = Stub::start();
    stub.state().judge = Box::new(|sent, before| if names(sent, 1) && before < 2 { Fate::Lost } else { Fate::Lands });
    let (jobs, payer) = (claims(3), Keypair::new());
    let options = SendOptions { rebroadcast: Duration::from_millis(20), ..quick() };
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&payer], &options);
    assert!(results.iter().all(|(_, result)| result.is_ok()), "{results:?}");
    let state = stub.state();
    // Three at first, the lost one twice more: with the same blockhash and so the same signature.
    assert_eq!((state.broadcast.len(), state.asked("getLatestBlockhash")), (5, 1));
}

#[test]
fn with_an_expired_blockhash_it_is_signed_again() {
    let stub = Stub::start();
    stub.state().height_step = 200;
    // Nothing lands with the first blockhash.
    stub.state().judge = Box::new(|sent, _| match sent.message.recent_blockhash().to_bytes()[0] {
        1 => Fate::Lost,
        _ => Fate::Lands,
    });
    let (jobs, payer) = (claims(2), Keypair::new());
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&payer], &quick());
    assert!(results.iter().all(|(_, result)| result.is_ok()), "{results:?}");
    assert_eq!(stub.state().asked("getLatestBlockhash"), 2);

    stub.state().judge = Box::new(|_, _| Fate::Lost);
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&payer], &quick());
    for (_, result) in results {
        assert!(matches!(result, Err(SendError::Expired { attempts: 2, .. })), "{result:?}");
    }
}

#[test]
fn a_refusal_concerns_its_own_job_alone() {
    let stub = Stub::start();
    stub.state().judge = Box::new(|sent, _| match () {
        () if names(sent, 0) => Fate::Refused(6_090),
        () if names(sent, 1) => Fate::Fails(6_090),
        () if names(sent, 2) => Fate::Refused(6_300),
        () => Fate::Lands,
    });
    let (jobs, payer) = (claims(4), Keypair::new());
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&payer], &quick());
    let lost: Vec<_> = results.iter().map(|(_, result)| result.as_ref().err().map(SendError::lost_race)).collect();
    // NothingToFund, told by the log and by the code alone, is what another keeper was faster with; ExchangeMismatch is not.
    assert_eq!(lost, [Some(true), Some(true), Some(false), None]);
    // The second alone is in a block, and has cost its fee.
    let paid = |result: &Result<Landed, SendError>| matches!(result, Err(SendError::Failed { in_block: true, .. }));
    assert_eq!(results.iter().map(|(_, result)| paid(result)).collect::<Vec<_>>(), [false, true, false, false]);
}

#[test]
fn jobs_sent_together_are_sent_apart_where_one_is_refused() {
    let stub = Stub::start();
    stub.state().judge = Box::new(|sent, _| if names(sent, 3) { Fate::Refused(6_090) } else { Fate::Lands });
    let (jobs, payer) = (claims(9), Keypair::new());
    let options = SendOptions { together: 3, ..quick() };
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&payer], &options);
    let failed: Vec<_> = results.iter().filter(|(_, result)| result.is_err()).map(|(job, _)| job.task).collect();
    assert_eq!(failed, [Task::FundClaims { market: 3 }]);
    // Three of three, then the three of the second on their own.
    assert_eq!(stub.state().broadcast.len(), 6);
}

#[test]
fn no_more_is_packed_than_fits() {
    let stub = Stub::start();
    let payer = Keypair::new();
    let jobs: Vec<_> = (0..60)
        .map(|number| {
            let (address, market) = (Pubkey::new_unique(), number);
            job(Task::RedeemClaim { account: address, market }, settle_funding(&addresses(), address, market))
        })
        .collect();
    // The stub refuses to be sent more than 1 232 bytes.
    let options = SendOptions { together: 100, ..quick() };
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&payer], &options);
    assert!(results.iter().all(|(_, result)| result.is_ok()));
    let sent = stub.state().broadcast.len();
    // Each brings two addresses of 32 bytes and 13 bytes more: fourteen in the 1 056 that are left.
    assert_eq!(sent, 60usize.div_ceil(14));

    // Three quarters of the compute limit each: no two together.
    let jobs: Vec<_> = claims(3).into_iter().map(|job| Job { compute_units: 1_000_000, ..job }).collect();
    Connection::new(&stub.url()).send_all(&jobs, &[&payer], &options);
    assert_eq!(stub.state().broadcast.len(), sent + 3);
}

#[test]
fn several_liquidations_share_a_transaction_in_the_form_that_fails_no_other() {
    let stub = Stub::start();
    let keeper = Keypair::new();
    let jobs: Vec<_> = (1..=30u8)
        .map(|number| {
            let job = liquidation(&keeper, 1);
            let Task::Liquidate { account, market } = job.task else { unreachable!("{}", job.task) };
            let liquidated = Pubkey::new_from_array([100 + number; 32]);
            let mut instructions = job.instructions.clone();
            let metas = instructions.iter_mut().flat_map(|instruction| &mut instruction.accounts);
            metas.filter(|meta| meta.pubkey == account).for_each(|meta| meta.pubkey = liquidated);
            Job { task: Task::Liquidate { account: liquidated, market }, instructions, ..job }
        })
        .collect();
    let options = SendOptions { together: 100, ..quick() };
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&keeper], &options);
    assert!(results.iter().all(|(_, result)| result.is_ok()));
    let state = stub.state();
    let form = perp_swap::instruction::LiquidateIfDue::DISCRIMINATOR;
    let mut counts: Vec<usize> = state
        .broadcast
        .iter()
        .map(|sent| sent.message.instructions().iter().filter(|called| called.data.starts_with(form)).count())
        .collect();
    // Sent at the same time, they arrive in any order.
    counts.sort_unstable();
    // Beside its signature and what all of them share each brings an address of 32 bytes and 36 bytes more.
    assert_eq!(counts, [6, 12, 12]);
    drop(state);
    // One alone fails where it is not due, and says why.
    Connection::new(&stub.url()).send_all(&jobs[..1], &[&keeper], &options);
    let alone = stub.state().broadcast.last().unwrap().message.instructions().to_vec();
    assert!(alone.iter().any(|called| called.data.starts_with(perp_swap::instruction::Liquidate::DISCRIMINATOR)));
}

#[test]
fn what_is_too_large_is_not_sent_and_fits_with_a_table() {
    let stub = Stub::start();
    let keeper = Keypair::new();
    let mut large = liquidation(&keeper, u16::try_from(MAX_POSITIONS).unwrap());
    // The prices of all its markets fit, those of two more do not.
    let prices = (0..14).map(|market| (market, Pubkey::new_from_array([100 + market as u8; 32])));
    let prices: Vec<_> = prices.collect();
    large.instructions.insert(0, crate::instructions::update_prices(&addresses(), prices.clone()));
    let jobs = [large, liquidation(&keeper, 1)];
    let connection = Connection::new(&stub.url());
    let results = connection.send_all(&jobs, &[&keeper], &quick());
    let Err(SendError::TooLarge { bytes, limit }) = &results[0].1 else { panic!("{results:?}") };
    assert_eq!((*bytes, *limit), (1_348, 1_232));
    assert!(results[1].1.is_ok());

    let addresses: Vec<_> =
        (0..14).map(|market| addresses().market(market)).chain(prices.iter().map(|(_, oracle)| *oracle)).collect();
    let table = AddressLookupTableAccount { key: Pubkey::new_unique(), addresses };
    let options = SendOptions { tables: vec![table], ..quick() };
    let results = connection.send_all(&jobs, &[&keeper], &options);
    assert!(results.iter().all(|(_, result)| result.is_ok()));
    assert!(stub
        .state()
        .broadcast
        .iter()
        .any(|sent| sent.message.address_table_lookups().is_some_and(|used| used.len() == 1)));
}

#[test]
fn whoever_must_sign_pays_and_else_the_wallets_in_turn() {
    let stub = Stub::start();
    let wallets: Vec<_> = (0..3).map(|_| Keypair::new()).collect();
    let wallets: Vec<&Keypair> = wallets.iter().collect();
    let mut jobs = claims(6);
    jobs.push(liquidation(wallets[2], 1));
    Connection::new(&stub.url()).send_all(&jobs, &wallets, &quick());
    let state = stub.state();
    let paid = |wallet: &Keypair| {
        state.broadcast.iter().filter(|sent| sent.message.static_account_keys()[0] == wallet.pubkey()).count()
    };
    assert_eq!([paid(wallets[0]), paid(wallets[1]), paid(wallets[2])], [2, 2, 3]);
    assert!(state.broadcast.iter().all(|sent| sent.signatures.len() == 1));
}

#[test]
fn a_wallet_that_is_spared_pays_for_what_names_it_alone() {
    let stub = Stub::start();
    let wallets: Vec<_> = (0..3).map(|_| Keypair::new()).collect();
    let wallets: Vec<&Keypair> = wallets.iter().collect();
    let (connection, options) = (Connection::new(&stub.url()), quick());
    let outbox = Outbox::new(&connection, &wallets, &options, |(), _| {});
    let paid = || {
        let state = stub.state();
        let paid = |wallet: &&Keypair| {
            state.broadcast.iter().filter(|sent| sent.message.static_account_keys()[0] == wallet.pubkey()).count()
        };
        wallets.iter().map(paid).collect::<Vec<_>>()
    };
    outbox.spare(BTreeSet::from([wallets[0].pubkey()]));
    outbox.send(claims(4).into_iter().map(|job| ((), job)));
    outbox.send([((), liquidation(wallets[0], 1))]);
    assert_eq!(paid(), [1, 2, 2]);
    // Where all are spared they take turns as if none were.
    outbox.spare(wallets.iter().map(|wallet| wallet.pubkey()).collect());
    outbox.send(claims(3).into_iter().map(|job| ((), job)));
    assert_eq!(paid(), [2, 3, 3]);
}

#[test]
fn a_missing_signer_is_named_and_keeps_no_other_job_from_being_sent() {
    let stub = Stub::start();
    let (keeper, payer) = (Keypair::new(), Keypair::new());
    let jobs = [liquidation(&keeper, 1), claims(1).remove(0)];
    let connection = Connection::new(&stub.url());
    let results = connection.send_all(&jobs, &[&payer], &quick());
    assert!(matches!(&results[0].1, Err(SendError::MissingSigner { address }) if *address == keeper.pubkey()));
    assert!(results[1].1.is_ok());
    let results = connection.send_all(&jobs[1..], &[], &quick());
    assert!(matches!(results[0].1, Err(SendError::NoSigners)));
    assert!(connection.send_all(&[], &[&payer], &quick()).is_empty());
}

#[test]
fn what_the_node_took_with_a_garbled_answer_is_asked_after() {
    let stub = Stub::start();
    stub.state().judge = Box::new(|_, _| Fate::LandsGarbled);
    let (jobs, payer) = (claims(2), Keypair::new());
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&payer], &quick());
    assert!(results.iter().all(|(_, result)| result.is_ok()), "{results:?}");
    assert_eq!(stub.state().broadcast.len(), 2);
}

#[test]
fn a_node_that_is_down_is_named_and_what_may_land_is_said_to() {
    let stub = Stub::start();
    let (jobs, payer) = (claims(2), Keypair::new());
    stub.state().is_down = true;
    let connection = Connection::new(&stub.url());
    let results = connection.send_all(&jobs, &[&payer], &quick());
    assert!(matches!(&results[0].1, Err(SendError::Unreachable { url, .. }) if !url.contains("secret")), "{results:?}");
    assert!(matches!(&results[1].1, Err(SendError::NotSent { .. })), "{results:?}");

    // It goes down once it has given a blockhash: what was broadcast may have been taken.
    stub.state().is_down = false;
    stub.state().judge = Box::new(|_, _| Fate::Lost);
    stub.state().height_step = 0;
    let options = SendOptions { patience: Duration::from_millis(200), ..quick() };
    let results = connection.send_all(&jobs, &[&payer], &options);
    for (_, result) in results {
        assert!(matches!(result, Err(SendError::Unconfirmed { .. })), "{result:?}");
    }
}

#[test]
fn what_landed_without_a_record_of_its_events_has_landed() {
    let stub = Stub::start();
    let (jobs, payer) = (claims(1), Keypair::new());
    let options = SendOptions { events: true, ..quick() };
    let results = Connection::new(&stub.url()).send_all(&jobs, &[&payer], &options);
    let landed = results[0].1.as_ref().unwrap();
    assert!(landed.events.is_empty());
    assert!(matches!(landed.gap, Some(EventsError::Partial { .. })));
}

/// What an outbox has told, by the market of its job.
#[derive(Default)]
struct Told(Mutex<Vec<(u16, Result<Landed, SendError>)>>);

impl Told {
    fn note(&self, market: u16, result: Result<Landed, SendError>) {
        self.0.lock().unwrap().push((market, result));
    }

    fn markets(&self) -> Vec<u16> {
        let mut markets: Vec<u16> = self.0.lock().unwrap().iter().map(|(market, _)| *market).collect();
        markets.sort_unstable();
        markets
    }
}

fn numbered(markets: std::ops::Range<u16>) -> Vec<(u16, Job)> {
    let jobs = claims(markets.end).into_iter().enumerate();
    jobs.map(|(market, job)| (market as u16, job)).filter(|(market, _)| markets.contains(market)).collect()
}

#[test]
fn what_has_landed_is_told_while_another_is_on_its_way_and_more_is_sent_meanwhile() {
    let stub = Stub::start();
    stub.state().height_step = 0;
    stub.state().judge = Box::new(|sent, _| if names(sent, 1) { Fate::Lost } else { Fate::Lands });
    let (connection, payer, options, told) = (Connection::new(&stub.url()), Keypair::new(), quick(), Told::default());
    let (signers, is_over) = ([&payer], std::sync::atomic::AtomicBool::new(false));
    let outbox = Outbox::new(&connection, &signers, &options, |market, result| told.note(market, result));
    std::thread::scope(|scope| {
        scope.spawn(|| outbox.track(|| is_over.load(std::sync::atomic::Ordering::Relaxed)));
        outbox.send(numbered(0..4));
        until("three are told", || told.markets() == [0, 2, 3]);
        assert_eq!(outbox.open(), 1);
        outbox.send(numbered(4..6));
        until("two more are told", || told.markets() == [0, 2, 3, 4, 5]);
        // Its blockhash expires.
        stub.state().height += 1_000;
        until("the second blockhash is named", || stub.state().blockhashes == 3);
        stub.state().height += 1_000;
        until("the lost one is told", || told.markets() == [0, 1, 2, 3, 4, 5]);
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    let told = told.0.into_inner().unwrap();
    let lost = told.iter().find(|(market, _)| *market == 1).unwrap();
    assert!(matches!(lost.1, Err(SendError::Expired { attempts: 2, .. })), "{lost:?}");
    // Nobody has waited for an event.
    assert_eq!(stub.state().asked("getTransaction"), 0);
}

#[test]
fn a_transaction_is_unknown_for_no_longer_than_its_blockhash_may_be_named() {
    let stub = Stub::start();
    // No block comes, as of a node that was set back: that height will not be reached.
    stub.state().height_step = 0;
    stub.state().judge = Box::new(|_, _| Fate::Lost);
    stub.state().is_blockhash_valid = Some(true);
    let options = SendOptions { patience: Duration::from_millis(50), attempts: 1, ..quick() };
    let (connection, payer, told) = (Connection::new(&stub.url()), Keypair::new(), Told::default());
    let (signers, is_over) = ([&payer], std::sync::atomic::AtomicBool::new(false));
    let outbox = Outbox::new(&connection, &signers, &options, |market, result| told.note(market, result));
    std::thread::scope(|scope| {
        scope.spawn(|| outbox.track(|| is_over.load(std::sync::atomic::Ordering::Relaxed)));
        outbox.send(numbered(0..2));
        until("it has asked", || stub.state().asked("isBlockhashValid") > 4);
        // While it may land nothing is said of it, whatever the patience.
        assert_eq!(outbox.open(), 2);
        stub.state().is_blockhash_valid = Some(false);
        until("both are told", || told.markets() == [0, 1]);
        is_over.store(true, std::sync::atomic::Ordering::Relaxed);
    });
    for (_, result) in told.0.into_inner().unwrap() {
        assert!(matches!(result, Err(SendError::Expired { .. })), "{result:?}");
    }
}
