use super::*;
use crate::rpc::stub::{until, Speaker};
use crate::rpc::venue::tests::{account_of, exchange_of, EXCHANGE};
use crate::rpc::Venue;
use perp_accounts::MarginAccount;
use std::time::Instant;

type Accounts = Follow<MarginAccount>;

fn sequence(follow: &mut Accounts, address: &Pubkey) -> Option<u64> {
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
    until("everything is read", || (sequence(&mut follow, &one), sequence(&mut follow, &two)) == (Some(9), None));
    assert_eq!((follow.gaps(), follow.incomplete_since()), (1, None));
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
        until("it is read", || sequence(&mut follow, &one) == Some(gaps));
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
    until("it is said", || follow.now().is_ok() && follow.not_read().is_some());
    assert_eq!(sequence(&mut follow, &one), Some(3));
    assert!(follow.incomplete_since().is_some());
    stub.state().is_down = false;
    until("it is up", || follow.now().is_ok() && follow.not_read().is_none());
}

#[test]
fn while_everything_cannot_be_read_what_is_told_counts_all_the_same() {
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let [one, two] = [Pubkey::new_unique(), Pubkey::new_unique()];
    stub.state().put(one, &account_of(one, 1));
    stub.state().put(two, &account_of(two, 1));
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let mut follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    assert_eq!((sequence(&mut follow, &one), follow.incomplete_since()), (Some(1), None));
    // The node has become too small for the question; something was missed.
    stub.state().refuses = "getProgramAccounts";
    stub.state().accounts.remove(&two);
    speaker.say("<html>");
    until("it could not be read", || follow.now().is_ok() && follow.not_read().is_some());
    let since = follow.incomplete_since().unwrap();
    for told in 2..40 {
        stub.state().slot += 1;
        stub.state().put(one, &account_of(one, told));
        speaker.say(stub.state().notification(&one));
        until("it is heard", || sequence(&mut follow, &one) == Some(told));
    }
    // Nobody waits for it, and it is asked for again ever later: after 0.2 s, 0.4 s, 0.8 s.
    assert!(stub.state().asked("getProgramAccounts") < 8);
    assert_eq!((sequence(&mut follow, &two), follow.incomplete_since()), (Some(1), Some(since)));
    stub.state().refuses = "";
    until("everything is read", || follow.now().is_ok() && follow.incomplete_since().is_none());
    assert_eq!((sequence(&mut follow, &one), sequence(&mut follow, &two)), (Some(39), None));
}

#[test]
fn nothing_older_replaces_what_is_known() {
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let [one, two, three, four] = std::array::from_fn(|_| Pubkey::new_unique());
    for address in [one, two] {
        stub.state().put(address, &account_of(address, 1));
    }
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    let mut follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    assert_eq!(sequence(&mut follow, &one), Some(1));
    // In slot 110 the first changes, the second is closed, and the third and the fourth are opened.
    stub.state().slot = 110;
    stub.state().put(one, &account_of(one, 9));
    stub.state().accounts.remove(&two);
    stub.state().put(three, &account_of(three, 1));
    stub.state().put(four, &account_of(four, 1));
    for address in [one, two, three] {
        speaker.say(stub.state().notification(&address));
    }
    until("it is heard", || sequence(&mut follow, &three) == Some(1));
    // Another node is at slot 105: there the first is as it was before, the second is there, the third is not. The fourth nobody has told.
    {
        let mut state = stub.state();
        state.slot = 105;
        state.put(one, &account_of(one, 5));
        state.put(two, &account_of(two, 5));
        state.put(four, &account_of(four, 5));
        state.accounts.remove(&three);
    }
    let read = stub.state().asked("getProgramAccounts");
    speaker.say("<html>");
    until("it is read", || sequence(&mut follow, &four) == Some(5));
    assert!(stub.state().asked("getProgramAccounts") > read);
    let known = [one, two, three].map(|address| sequence(&mut follow, &address));
    assert_eq!(known, [Some(9), None, Some(1)]);
    // Nor does what is told late: of slot 104 nothing counts any more.
    let late = {
        let mut state = stub.state();
        state.slot = 104;
        state.put(four, &account_of(four, 4));
        state.notification(&four)
    };
    speaker.say(late);
    let newer = {
        let mut state = stub.state();
        state.slot = 111;
        state.put(one, &account_of(one, 10));
        state.notification(&one)
    };
    speaker.say(newer);
    until("it is heard", || sequence(&mut follow, &one) == Some(10));
    assert_eq!(sequence(&mut follow, &four), Some(5));
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
    // What was heard and not asked for is not waited for again.
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

#[test]
fn a_node_that_says_the_same_slot_of_everything_is_understood() {
    // The local validator says of every change the slot in which the subscription began.
    let (stub, _) = exchange_of(0);
    let speaker = Speaker::start();
    let [one, two] = [Pubkey::new_unique(), Pubkey::new_unique()];
    stub.state().put(one, &account_of(one, 1));
    let venue = Venue::open(&stub.url(), EXCHANGE).unwrap();
    stub.state().slot = 200;
    let mut follow = venue.follow::<MarginAccount>(speaker.url()).unwrap();
    assert_eq!(sequence(&mut follow, &one), Some(1));
    let read = stub.state().asked("getProgramAccounts");
    stub.state().slot = 100;
    for count in 2..6 {
        stub.state().put(one, &account_of(one, count));
        speaker.say(stub.state().notification(&one));
        until("its count is higher", || sequence(&mut follow, &one) == Some(count));
    }
    assert_eq!(stub.state().asked("getProgramAccounts"), read);
    // Of one that is new nobody knows whether it is: everything is read a second later.
    stub.state().put(two, &account_of(two, 1));
    speaker.say(stub.state().notification(&two));
    stub.state().slot = 300;
    until("it is read", || sequence(&mut follow, &two) == Some(1));
    assert_eq!((stub.state().asked("getProgramAccounts"), follow.gaps()), (read + 1, 0));
}
