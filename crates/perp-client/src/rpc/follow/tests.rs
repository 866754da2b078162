use super::*;
use crate::rpc::stub::{until, Speaker};
use crate::rpc::venue::tests::{account_of, exchange_of, EXCHANGE};
use crate::rpc::Venue;
use perp_accounts::MarginAccount;
use std::time::Instant;

type Accounts<'a> = Follow<'a, MarginAccount>;

fn sequence(follow: &mut Accounts<'_>, address: &Pubkey) -> Option<u64> {
    follow.now().unwrap().get(address).map(|account| account.state.sequence)
}

#[test]
fn what_changes_is_heard_and_what_is_closed_is_gone() {
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let [one, two] = [Pubkey::new_unique(), Pubkey::new_unique()];
    stub.state().put(one, &account_of(one, 1));
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let mut follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    assert_eq!(sequence(&mut follow, &one), Some(1));
    let read = stub.state().asked("getProgramAccounts");

    stub.state().slot += 1;
    stub.state().put(one, &account_of(one, 2));
    stub.state().put(two, &account_of(two, 5));
    speaker.say(stub.state().notification(&one));
    speaker.say(stub.state().notification(&two));
    until("both are heard", || (sequence(&mut follow, &one), sequence(&mut follow, &two)) == (Some(2), Some(5)));
    stub.state().accounts.remove(&one);
    speaker.say(stub.state().notification(&one));
    until("one is gone", || sequence(&mut follow, &one).is_none());
    // All of it was heard, none read.
    assert_eq!(stub.state().asked("getProgramAccounts"), read);
    assert_eq!((follow.gaps(), follow.is_live()), (0, true));
}

#[test]
fn after_a_gap_everything_is_read_again() {
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let [one, two] = [Pubkey::new_unique(), Pubkey::new_unique()];
    stub.state().put(one, &account_of(one, 1));
    stub.state().put(two, &account_of(two, 1));
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let mut follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    assert_eq!(sequence(&mut follow, &one), Some(1));

    // Nobody tells of these.
    speaker.hang_up();
    stub.state().put(one, &account_of(one, 9));
    stub.state().accounts.remove(&two);
    until("it is subscribed again", || {
        follow.wait(Duration::from_millis(5));
        *speaker.begun.lock().unwrap() == 2 && follow.is_live()
    });
    assert_eq!((sequence(&mut follow, &one), sequence(&mut follow, &two)), (Some(9), None));
    assert_eq!(follow.gaps(), 1);
    // And goes on.
    stub.state().slot += 1;
    stub.state().put(one, &account_of(one, 10));
    speaker.say(stub.state().notification(&one));
    until("it is heard", || sequence(&mut follow, &one) == Some(10));
}

#[test]
fn what_cannot_be_understood_is_a_gap() {
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let one = Pubkey::new_unique();
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let mut follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    assert_eq!(sequence(&mut follow, &one), None);
    for (gaps, garbage) in
        (1..).zip(["<html>", "{}", r#"{"params":{"result":{"context":{"slot":1},"value":{"pubkey":"?"}}}}"#])
    {
        stub.state().put(one, &account_of(one, gaps));
        speaker.say(garbage);
        until("it is a gap", || {
            follow.now().unwrap();
            follow.gaps() == gaps
        });
        assert_eq!(sequence(&mut follow, &one), Some(gaps));
        assert!(follow.is_live());
    }
}

#[test]
fn what_was_heard_before_everything_was_read_is_not_applied_after_it() {
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let one = Pubkey::new_unique();
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let mut follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    // Told of slot 100, then read in slot 101.
    stub.state().put(one, &account_of(one, 1));
    speaker.say(stub.state().notification(&one));
    stub.state().slot += 1;
    stub.state().put(one, &account_of(one, 2));
    std::thread::sleep(Duration::from_millis(100));
    assert_eq!(sequence(&mut follow, &one), Some(2));
}

#[test]
fn without_a_subscription_everything_is_read_once_a_second() {
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let one = Pubkey::new_unique();
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let mut follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    follow.now().unwrap();
    speaker.is_mute.store(true, std::sync::atomic::Ordering::Relaxed);
    speaker.hang_up();
    until("it is lost", || {
        follow.wait(Duration::from_millis(5));
        !follow.is_live()
    });
    stub.state().put(one, &account_of(one, 3));
    let begun = Instant::now();
    until("it is read", || sequence(&mut follow, &one) == Some(3));
    assert!(begun.elapsed() < Duration::from_secs(3));
    let read = stub.state().asked("getProgramAccounts");
    (0..50).for_each(|_| assert!(follow.now().is_ok()));
    assert!(stub.state().asked("getProgramAccounts") <= read + 1);
    // A node that is down is said to be, and nothing is forgotten.
    stub.state().is_down = true;
    until("it is said", || follow.now().is_err());
    stub.state().is_down = false;
    assert_eq!(sequence(&mut follow, &one), Some(3));
}

#[test]
fn a_dropped_view_waits_for_nobody() {
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    let begun = Instant::now();
    drop(follow);
    assert!(begun.elapsed() < Duration::from_millis(50));
    until("its subscription ends", || *speaker.ended.lock().unwrap() == 1);
}

#[test]
fn waiting_ends_with_what_is_heard_or_with_its_time() {
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let one = Pubkey::new_unique();
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let mut follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    follow.now().unwrap();
    let begun = Instant::now();
    follow.wait(Duration::from_millis(60));
    assert!(begun.elapsed() >= Duration::from_millis(60));
    speaker.say(stub.state().notification(&one));
    let begun = Instant::now();
    follow.wait(Duration::from_secs(10));
    assert!(begun.elapsed() < Duration::from_secs(5));
}

#[test]
fn a_server_that_is_not_there_is_named_without_its_path() {
    let (stub, _) = exchange_of(0);
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    for (url, expected) in [
        ("ws://127.0.0.1:9/secret", "ws://127.0.0.1:9"),
        ("http://127.0.0.1:9/secret", "http://127.0.0.1:9"),
        ("not a url", "a URL that is none"),
    ] {
        let error = venue.follow::<MarginAccount>(url).err().unwrap().to_string();
        assert!(error.contains(expected) && !error.contains("secret"), "{error}");
    }
    // Nor is one that speaks no TLS.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let plain = format!("wss://{}", listener.local_addr().unwrap());
    let hangs_up = std::thread::spawn(move || drop(listener.accept()));
    assert!(venue.follow::<MarginAccount>(&plain).is_err());
    hangs_up.join().unwrap();
}
