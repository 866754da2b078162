//! Replacing, expiring, coming to nothing; and what comes home.

use super::Story;
use perp_client::addresses::orders_address;
use perp_client::instructions::Authority;
use perp_engine::operations::orders::NewOrder;
use perp_engine::units::Timestamp;
use perp_swap::errors::ExchangeError;
use perp_tests::world::orders::{below, next_price, price, reducing, TIP};
use perp_tests::{assert_refused, tokens, Backend, DAY, SOL, USDC};

crate::on_both_backends!(
    replacing_is_all_or_nothing,
    an_order_that_has_expired_is_swept_by_anybody,
    an_order_whose_market_has_ended_is_swept_by_anybody,
    nobody_filled_it_in_time,
    an_order_that_cannot_fill_costs_what_it_has_lost,
    rent_and_tips_come_home,
    a_delegate_places_and_pays_and_what_is_left_is_the_owners,
);

fn replacing_is_all_or_nothing(backend: Backend) {
    let mut story = Story::begin(backend);
    story.place(&[below(245, SOL), below(240, SOL)]);
    let owner = story.lamports(story.trader.signer);
    // Two for one, with ten thousand lamports more.
    let dearer = NewOrder { lamports: 2 * TIP, ..below(244, SOL) };
    story.world.replace(story.trader, 0, &[0], &[dearer, below(243, SOL)]).unwrap();
    assert_eq!(story.lamports(story.trader.signer), owner - 2 * TIP);
    let numbers = [0, 1, 2].map(|slot| story.world.order(&story.trader.margin_account, slot).number);
    assert_eq!(numbers, [3, 2, 4]);
    // The second of them has no bound: neither is placed, and nothing is cancelled.
    let boundless = NewOrder { acceptable_price: price(0), ..below(244, SOL) };
    let done = story.world.replace(story.trader, 0, &[0, 1, 2], &[below(244, SOL), boundless]);
    assert_refused(done, ExchangeError::AcceptablePriceZero);
    assert_refused(story.world.replace(story.trader, 0, &[3], &[]), ExchangeError::NoOrder);
    assert_eq!(story.resting(), 3);
    // There are sixteen places.
    story.place(&[below(244, SOL); 7]);
    story.place(&[below(244, SOL); 6]);
    assert_refused(story.world.place(story.trader, 0, &[below(244, SOL)]), ExchangeError::NoFreeOrder);
    assert_eq!(story.resting(), 16);
}

fn an_order_that_has_expired_is_swept_by_anybody(backend: Backend) {
    let mut story = Story::begin(backend);
    let expires = Timestamp::new(story.world.now + 60);
    story.place(&[NewOrder { expires, ..below(245, SOL) }]);
    let owner = story.lamports(story.trader.signer);
    story.world.wait(60);
    assert_refused(story.world.sweep(story.trader, None, 0), ExchangeError::OrderAlive);
    story.world.wait(1);
    story.world.publish(0, 244.0);
    assert_refused(story.world.arm(story.trader, 0), ExchangeError::OrderDead);
    story.world.sweep(story.trader, None, 0).unwrap();
    assert_eq!((story.resting(), story.lamports(story.trader.signer)), (0, owner + TIP));
}

fn an_order_whose_market_has_ended_is_swept_by_anybody(backend: Backend) {
    let mut story = Story::begin(backend);
    story.place(&[below(245, SOL)]);
    story.world.delist_market(0).unwrap();
    story.world.wait(2 * DAY + 3_600);
    assert_refused(story.world.sweep(story.trader, Some(0), 0), ExchangeError::OrderAlive);
    story.world.begin_settlement(0).unwrap();
    assert_refused(story.world.sweep(story.trader, None, 0), ExchangeError::OrderAlive);
    story.world.sweep(story.trader, Some(0), 0).unwrap();
    story.world.close_orders(story.trader).unwrap();
}

fn nobody_filled_it_in_time(backend: Backend) {
    let mut story = Story::begin(backend);
    story.place(&[next_price(SOL)]);
    let lamports = story.lamports(story.trader.signer);
    // Fifteen seconds after the moment of its price it can still be filled.
    story.world.to_fill(story.trader, 0, 250.0);
    story.world.wait(15);
    assert_refused(story.world.sweep(story.trader, None, 0), ExchangeError::OrderAlive);
    assert_refused(story.world.replace(story.trader, 0, &[0], &[]), ExchangeError::OrderArmed);
    assert_refused(story.world.withdraw(story.trader, USDC), ExchangeError::OrderArmed);
    story.world.wait(1);
    assert_refused(story.world.execute(story.keeper, story.trader, 0), ExchangeError::OrderNotArmed);
    story.world.withdraw(story.trader, USDC).unwrap();
    story.world.sweep(story.trader, None, 0).unwrap();
    assert_eq!((story.size(), story.lamports(story.trader.signer)), (0, lamports + TIP));
}

fn an_order_that_cannot_fill_costs_what_it_has_lost(backend: Backend) {
    let mut story = Story::begin(backend);
    // 700 SOL are 175 000: a margin of 8 750, and 70 of fee, of 10 000.
    story.world.publish(0, 250.0);
    story.place(&[next_price(700 * SOL)]);
    let held = story.world.order(&story.trader.margin_account, 0).margin_held.get();
    assert!(held > 8_820_000_000 && held < 9_000_000_000, "{held}");
    // Its owner neither uses the margin otherwise nor takes it.
    assert_refused(story.world.trade(story.trader, 0, SOL), ExchangeError::OrderArmed);
    assert_refused(story.world.withdraw(story.trader, 1), ExchangeError::OrderArmed);
    // It would be bought at $250 while the market is at $242.1875 already: 5 468.75 are lost, and of 4 461 left less than 3 % of 169 531.25.
    story.world.to_fill(story.trader, 0, 250.0);
    let kept = story.world.posted(0);
    story.world.wait(1);
    story.world.publish(0, 242.1875);
    story.world.update_price(0).unwrap();
    let execution = story.world.execution(story.keeper, &story.trader.margin_account, 0, kept, 0);
    let (balance, keeper) = (story.balance(), story.lamports(story.keeper));
    story.world.run(&[execution]).unwrap();
    assert_eq!((story.size(), story.balance(), story.resting()), (0, balance - 5_468_750_000, 0));
    assert_eq!(story.lamports(story.keeper), keeper + TIP);
}

fn rent_and_tips_come_home(backend: Backend) {
    let mut story = Story::begin(backend);
    let address = orders_address(&story.trader.margin_account);
    // (128 + 2 224) bytes · 3 480 lamports a year · 2 years
    let rent = story.lamports(address);
    assert_eq!((rent, tokens::rent(2_224)), (16_369_920, 16_369_920));
    let owner = story.lamports(story.trader.signer);
    story.place(&[below(245, SOL), below(244, SOL)]);
    assert_eq!(story.lamports(address), rent + 2 * TIP);
    assert_refused(story.world.close_orders(story.trader), ExchangeError::OrdersNotEmpty);
    story.world.replace(story.trader, 0, &[0, 1], &[]).unwrap();
    assert_eq!((story.lamports(address), story.lamports(story.trader.signer)), (rent, owner));
    story.world.close_orders(story.trader).unwrap();
    assert_eq!((story.lamports(address), story.lamports(story.trader.signer)), (0, owner + rent));
    // Opened again it is as new.
    story.world.open_orders(story.trader).unwrap();
    story.place(&[below(245, SOL)]);
    assert_eq!(story.world.order(&story.trader.margin_account, 0).number, 1);
}

fn a_delegate_places_and_pays_and_what_is_left_is_the_owners(backend: Backend) {
    let mut story = Story::with_a_long(backend);
    let delegate = story.world.key();
    story.world.set_delegate(story.trader, delegate).unwrap();
    let as_delegate = Authority { signer: delegate, ..story.trader };
    let (own, owner) = (story.lamports(delegate), story.lamports(story.trader.signer));
    story.world.place(as_delegate, 0, &[below(245, SOL), reducing(below(240, -SOL))]).unwrap();
    assert_eq!((story.lamports(delegate), story.lamports(story.trader.signer)), (own - 2 * TIP, owner));
    // Replacing costs the delegate the new one's, and gives the owner the old one's.
    story.world.replace(as_delegate, 0, &[0], &[below(244, SOL)]).unwrap();
    assert_eq!((story.lamports(delegate), story.lamports(story.trader.signer)), (own - 3 * TIP, owner + TIP));
}
