use super::*;
use crate::fixtures::{exchange, reading};
use perp_updates::Receiver;

const BOTH: (bool, bool) = (true, true);

/// What the server would answer of a feed that publishes in these seconds.
fn answer(exchange: &Exchange, published: &[i64], (_, second): Wanted) -> Option<OracleReading> {
    let place = published.iter().position(|published| *published >= second.get())?;
    let previous = place.checked_sub(1).map_or(0, |before| published[before]);
    let said = reading(exchange, 250);
    let said =
        OracleReading::new(said.price().cast_signed(), said.confidence(), said.exponent(), published[place]).unwrap();
    Some(said.with_previous(previous))
}

/// Asks until nothing new is heard, and returns what was found with how often was asked.
fn searched(exchange: &Exchange, published: &[i64], does: (bool, bool)) -> (Vec<Wanted>, usize) {
    let (mut told, own) = (BTreeMap::new(), BTreeMap::new());
    loop {
        let search = Search::of(exchange, &own, &told, does);
        let open: Vec<Wanted> = search.asked.iter().filter(|wanted| !told.contains_key(wanted)).copied().collect();
        let heard: Vec<_> =
            open.iter().filter_map(|wanted| Some((*wanted, answer(exchange, published, *wanted)?))).collect();
        if heard.is_empty() {
            return (search.found.into_iter().collect(), told.len());
        }
        told.extend(heard);
    }
}

#[test]
fn the_first_reading_after_a_silence_is_found_though_newer_ones_were_posted() {
    let (mut exchange, _) = exchange();
    let since = exchange.market(0).unwrap().price.published.get();
    exchange.wait(200, 400).unwrap();
    let now = exchange.clock.now.get();
    // The feed published for some seconds after the market's price, fell silent, and is back since ten seconds.
    let published: Vec<i64> = (since..since + 5).chain(now - 10..=now).collect();
    let (found, _) = searched(&exchange, &published, BOTH);
    let times = |exchange: &Exchange, found: &[Wanted]| -> Vec<i64> {
        found.iter().map(|wanted| answer(exchange, &published, *wanted).unwrap().publish_time()).collect()
    };
    assert_eq!(times(&exchange, &found), [now - 10]);
    assert_eq!(searched(&exchange, &published, (false, true)), (vec![], 0));
    // Somebody posts the newest: the first one enters behind it.
    let newest = answer(&exchange, &published, (0, Timestamp::new(now))).unwrap();
    exchange.update_price(0, &newest).unwrap();
    let (found, asked) = searched(&exchange, &published, BOTH);
    assert_eq!(times(&exchange, &found), [now - 10]);
    assert!(asked <= 3, "{asked}");
    // Handed in it calls for the grace, and there is nothing to be found any more.
    let first = answer(&exchange, &published, found[0]).unwrap();
    exchange.update_price(0, &first).unwrap();
    assert!(exchange.market(0).unwrap().grace.until.get() == now + 110);
    assert_eq!(searched(&exchange, &published, BOTH), (vec![], 0));
}

#[test]
fn a_silence_of_those_who_post_is_none_and_is_not_asked_after_for_ever() {
    let (mut exchange, _) = exchange();
    let since = exchange.market(0).unwrap().price.published.get();
    exchange.wait(7_200, 14_400).unwrap();
    let published: Vec<i64> = (since..=exchange.clock.now.get()).collect();
    // Of the last four minutes one reading a minute.
    let (found, asked) = searched(&exchange, &published, BOTH);
    assert!(found.is_empty() && asked <= 5, "{found:?} {asked}");
    // A market that is up to date is not asked after at all.
    let mut current = self::exchange().0;
    current.wait(30, 60).unwrap();
    assert_eq!(searched(&current, &published, BOTH), (vec![], 0));
}

#[test]
fn a_market_bound_to_one_account_takes_no_other() {
    let (mut exchange, _) = exchange();
    exchange.wait(200, 400).unwrap();
    let own = BTreeMap::from([(0, PostedPrice { account: Pubkey::default(), reading: reading(&exchange, 250) })]);
    assert_eq!(Search::of(&exchange, &own, &BTreeMap::new(), BOTH), Search::default());
}

/// The market ended because nobody posted, with the time of the report.
fn ended() -> (Exchange, i64) {
    let (mut exchange, _) = exchange();
    exchange.wait(60, 120).unwrap();
    exchange.report_oracle_outage(0).unwrap();
    let reported = exchange.clock.now.get();
    exchange.wait(exchange.market(0).unwrap().parameters.settle_after, 1).unwrap();
    exchange.begin_settlement(0).unwrap();
    (exchange, reported)
}

#[test]
fn a_reading_of_the_outage_is_found_wherever_it_lies() {
    let (exchange, reported) = ended();
    let moved = exchange.clock.now.get();
    for published in [reported + 1, reported + 3_600, moved] {
        let (found, _) = searched(&exchange, &[reported - 100, reported, published, moved + 1], BOTH);
        assert_eq!(found.len(), 1, "{published}");
    }
    // A feed that was dead indeed is asked after once.
    assert_eq!(searched(&exchange, &[reported, moved + 1], BOTH), (vec![], 1));
    assert_eq!(searched(&exchange, &[reported, moved], (true, false)), (vec![], 0));
    // In the market's own account there is one of later already, which its account keeps.
    let own = OracleReading::new(25_000_000_000, 0, -8, moved).unwrap();
    let own = BTreeMap::from([(0, PostedPrice { account: Pubkey::default(), reading: own })]);
    assert_eq!(Search::of(&exchange, &own, &BTreeMap::new(), BOTH), Search::default());
}

#[test]
fn what_was_found_is_posted_once_and_closed_once_it_is_of_no_use() {
    let (evidence, now) = (Evidence::default(), Instant::now());
    let wanted = (0, Timestamp::new(100));
    let search = Search { asked: BTreeSet::from([wanted]), found: BTreeSet::new() };
    evidence.want(search.clone(), now);
    assert_eq!(evidence.questions(now), [wanted]);
    // The server does not have it yet.
    assert!(evidence.failed(wanted, now) && !evidence.failed(wanted, now));
    assert_eq!(evidence.questions(now), []);
    let later = now + Duration::from_secs(60);
    assert_eq!(evidence.questions(later), [wanted]);
    let reading = OracleReading::new(1, 0, 0, 100).unwrap();
    evidence.tell(wanted, reading);
    assert_eq!((evidence.questions(later), evidence.due(later)), (vec![], vec![]));
    let found = Search { found: search.asked.clone(), ..search };
    evidence.want(found, later);
    assert_eq!(evidence.due(later), [(wanted, reading)]);
    let price = PostedPrice { account: Pubkey::new_unique(), reading };
    evidence.put(wanted, Some(Posted { price, receiver: Receiver::Core, payer: Pubkey::new_unique() }), later);
    assert_eq!((evidence.due(later), evidence.posted()), (vec![], PostedPrices::from([(0, vec![price])])));
    assert_eq!(evidence.over(false, later).len(), 0);
    // It has been handed in.
    evidence.want(Search::default(), later);
    assert_eq!(evidence.posted(), PostedPrices::new());
    let closed = [9, 10].map(|seconds| evidence.over(false, later + Duration::from_secs(seconds)).len());
    assert_eq!(closed, [0, 1]);
    evidence.closed(&wanted, &price.account);
    assert_eq!(evidence.over(true, later), []);
}
