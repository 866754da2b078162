use super::world::{address, frictionless, oracle, World, EVERYTHING};
use crate::instructions::Authority;
use crate::jobs::{compute_units, liquidations, liquidations_of_all_positions, Task};
use anchor_lang::prelude::Pubkey;
use perp_engine::fixtures::{sol_parameters, usdc};
use perp_engine::state::Account;
use perp_engine::units::Atoms;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

fn keepers(world: &World) -> [Authority; 1] {
    [Authority { signer: Pubkey::new_unique(), margin_account: address(world.keeper) }]
}

/// Two traders of $1 000 who bought 40 and 10 SOL at $250 without costs, and the price at $229.
fn fallen() -> World {
    let mut world = World::new(&[(frictionless(), 400_000)]);
    world.trader(1_000, &[(0, 400, 25_000)]);
    world.trader(1_000, &[(0, 100, 25_000)]);
    world.exchange.wait(1, 2).unwrap();
    world.print(0, 22_900);
    world
}

#[test]
fn who_is_below_the_margin_is_liquidated_and_nobody_else() {
    let world = fallen();
    let jobs = liquidations(&world.fresh(), &world.accounts(), &keepers(&world), Atoms::ZERO);
    // 40 SOL lost 840 and leave 160 against 3 % of 9 160; 10 SOL lost 210.
    assert_eq!(jobs.len(), 1);
    assert_eq!(jobs[0].task, Task::Liquidate { account: address(1), market: 0 });
    assert!(!jobs[0].pays.atoms.is_zero());
    // The price it was judged at goes along, within the instruction itself.
    assert_eq!(jobs[0].instructions.len(), 1);
    assert!(jobs[0].instructions[0].accounts.iter().any(|meta| meta.pubkey == oracle(0)));
    let measured = compute_units("liquidate", 1);
    assert_eq!(jobs[0].compute_units, measured + measured / 8);
}

#[test]
fn a_bounty_below_the_least_is_left_to_others() {
    let world = fallen();
    let (fresh, accounts) = (world.fresh(), world.accounts());
    let pays = liquidations(&fresh, &accounts, &keepers(&world), Atoms::ZERO)[0].pays.atoms;
    assert_eq!(liquidations(&fresh, &accounts, &keepers(&world), pays).len(), 1);
    let more = pays.checked_add(Atoms::new(1)).unwrap();
    assert_eq!(liquidations(&fresh, &accounts, &keepers(&world), more), []);
}

#[test]
fn every_position_of_an_account_is_planned_behind_the_best_of_all_accounts() {
    let mut world = World::new(&[(frictionless(), 400_000), (frictionless(), 400_000)]);
    // 20 SOL in the one market and 40 in the other lose $21 each, $1 260 of $1 400, and demand $412; another 40 lose $840 of $900.
    world.trader(1_400, &[(0, 200, 25_000), (1, 400, 25_000)]);
    world.trader(900, &[(0, 400, 25_000)]);
    world.exchange.wait(1, 2).unwrap();
    world.print(0, 22_900);
    world.print(1, 22_900);
    let (fresh, accounts, keepers) = (world.fresh(), world.accounts(), keepers(&world));
    let jobs = liquidations_of_all_positions(&fresh, &accounts, &keepers, Atoms::ZERO, 9);
    let tasks: Vec<_> = jobs.iter().map(|job| job.task).collect();
    let task = |account, market| Task::Liquidate { account: address(account), market };
    // The best of both accounts, and then the other position of the first.
    assert_eq!(tasks[2], task(1, 0));
    assert_eq!(BTreeSet::from_iter(&tasks[..2]), BTreeSet::from([&task(1, 1), &task(2, 0)]));
    assert!(jobs[0].pays >= jobs[1].pays && jobs[2].pays > crate::jobs::Pays::NOTHING);
    assert_eq!(liquidations_of_all_positions(&fresh, &accounts, &keepers, Atoms::ZERO, 2), jobs[..2]);
    // The first of each is what is planned where one of each is enough.
    assert_eq!(liquidations(&fresh, &accounts, &keepers, Atoms::ZERO), jobs[..2]);
}

#[test]
fn a_market_that_never_had_a_price_liquidates_nobody() {
    let mut world = World::new(&[(frictionless(), 0)]);
    world.trader(1_000, &[]);
    assert_eq!(liquidations(&world.fresh(), &world.accounts(), &keepers(&world), Atoms::ZERO), []);
}

#[test]
fn bounties_go_to_the_keepers_in_turn_and_never_to_the_liquidated_account() {
    let mut world = World::new(&[(frictionless(), 400_000)]);
    for _ in 0..4 {
        world.trader(1_000, &[(0, 400, 25_000)]);
    }
    world.exchange.wait(1, 2).unwrap();
    world.print(0, 22_900);
    // The second keeper is itself one of the four.
    let keeper = |account| Authority { signer: Pubkey::new_unique(), margin_account: address(account) };
    let two = [keeper(world.keeper), keeper(2)];
    let jobs = liquidations(&world.fresh(), &world.accounts(), &two, Atoms::ZERO);
    let credited: Vec<_> = jobs.iter().map(|job| job.instructions[0].accounts[2].pubkey).collect();
    let [first, second] = [address(world.keeper), address(2)];
    // Accounts 1, 2, 3, 4: the second would be its own keeper's.
    assert_eq!(credited, [first, first, first, second]);
    let liquidated: Vec<_> = jobs.iter().map(|job| job.instructions[0].accounts[3].pubkey).collect();
    assert_eq!(liquidated, [1, 2, 3, 4].map(address));
    assert_eq!(liquidations(&world.fresh(), &world.accounts(), &[], Atoms::ZERO), []);
}

/// Accounts by their dollars and their orders, each a market and tenths of SOL, and where the prices go, in cents.
type Book = (Vec<(u64, Vec<(u16, i64)>)>, [i64; 3]);

/// Accounts long and short in up to three markets.
fn books() -> impl Strategy<Value = Book> {
    let trades = prop::collection::vec((0u16..3, prop_oneof![-300i64..-10, 10i64..300]), 1..4);
    (prop::collection::vec((200u64..3_000, trades), 1..10), [18_000i64..32_000, 18_000i64..32_000, 18_000i64..32_000])
}

fn traded((accounts, prices): Book) -> World {
    let mut world = World::new(&[(sol_parameters(), 300_000), (frictionless(), 300_000), (sol_parameters(), 300_000)]);
    for (dollars, trades) in accounts {
        let account = world.trader(dollars, &[]);
        for (market, tenths) in trades {
            let order = perp_engine::operations::position::Order::at_any_price(perp_engine::units::SignedSize::new(
                tenths * 100_000_000,
            ));
            let reading = world.reading(25_000);
            // Some orders are beyond what the account can carry.
            let _ = world.exchange.trade(account, market, &order, Some(&reading));
            world.exchange.wait(1, 2).unwrap();
        }
    }
    world.exchange.wait(5, 10).unwrap();
    for (market, cents) in (0..).zip(prices) {
        world.print(market, cents);
    }
    world
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn planned_is_exactly_what_a_full_scan_of_the_engine_finds(book in books()) {
        let world = traded(book);
        let (fresh, accounts) = (world.fresh(), world.accounts());
        let jobs = liquidations(&fresh, &accounts, &keepers(&world), Atoms::ZERO);
        let mut best: BTreeMap<Pubkey, Atoms> = BTreeMap::new();
        for (address, account) in &accounts {
            for (_, position) in account.state.occupied() {
                let keeper = Account::opened(None);
                let after = fresh.exchange.preview_liquidation(&account.state, &keeper, position.market, &EVERYTHING, None);
                if let Ok(after) = after {
                    let most = best.entry(*address).or_default();
                    *most = after.plan.penalty.bounty.max(*most);
                }
            }
        }
        let planned: BTreeMap<_, _> = jobs.iter().map(|job| match job.task {
            Task::Liquidate { account, .. } => (account, job.pays.atoms),
            other => panic!("{other}"),
        }).collect();
        prop_assert_eq!(planned.len(), jobs.len());
        prop_assert_eq!(planned, best);
        // The most valuable first.
        prop_assert!(jobs.windows(2).all(|pair| pair[0].pays >= pair[1].pays));
    }

    #[test]
    fn each_planned_bounty_is_paid_to_the_atom(book in books()) {
        let world = traded(book);
        let mut bounties = BTreeSet::new();
        for job in liquidations(&world.fresh(), &world.accounts(), &keepers(&world), Atoms::ZERO) {
            // On the chain as it was read: the prices are only in their accounts.
            let (exchange, readings, posted) = (world.exchange.clone(), world.readings.clone(), world.posted.clone());
            let mut chain = World { exchange, readings, posted, ..world };
            let paid = chain.execute(&job);
            prop_assert_eq!(paid, Ok(job.pays.atoms), "{}", job);
            bounties.insert(job.pays.atoms);
        }
    }

    #[test]
    fn plans_do_not_depend_on_the_order_of_accounts(book in books()) {
        let world = traded(book);
        let (fresh, accounts) = (world.fresh(), world.accounts());
        let forward = liquidations(&fresh, &accounts, &keepers(&world)[..], Atoms::ZERO);
        let keepers = [Authority { signer: forward.first().map_or(Pubkey::default(), |job| job.signers()[0]), margin_account: address(world.keeper) }];
        let backward = liquidations(&fresh, accounts.iter().rev(), &keepers, Atoms::ZERO);
        prop_assert_eq!(backward.len(), forward.len());
        for (one, other) in forward.iter().zip(&backward) {
            prop_assert_eq!((one.task, one.pays, one.compute_units), (other.task, other.pays, other.compute_units));
        }
    }
}

#[test]
fn an_account_with_several_positions_brings_the_prices_of_all() {
    let mut world = World::new(&[(frictionless(), 400_000), (frictionless(), 400_000)]);
    world.trader(1_200, &[(0, 200, 25_000), (1, 200, 25_000)]);
    world.exchange.wait(1, 2).unwrap();
    world.print(0, 22_900);
    world.print(1, 22_900);
    let fresh = world.fresh();
    let jobs = liquidations(&fresh, &world.accounts(), &keepers(&world), Atoms::ZERO);
    // 40 SOL lost 840 and leave 360, and 3 % of 9 160 is 274.8: healthy. At $226 they leave 240 against 271.2.
    assert_eq!(jobs, []);
    world.exchange.wait(1, 2).unwrap();
    world.print(0, 22_600);
    world.print(1, 22_600);
    let jobs = liquidations(&world.fresh(), &world.accounts(), &keepers(&world), usdc(1));
    assert_eq!(jobs.len(), 1);
    let prices = &jobs[0].instructions[0].accounts;
    // Exchange, then the pair of the other market; the liquidated market's own account goes into the liquidation.
    assert_eq!(prices[1..].iter().map(|meta| meta.pubkey).collect::<Vec<_>>(), [world.addresses.market(1), oracle(1)]);
    let writes = jobs[0].writes();
    assert!(writes.contains(&world.addresses.market(0)) && writes.contains(&world.addresses.market(1)));
    assert!(writes.contains(&address(1)) && writes.contains(&address(world.keeper)));
    let paid = world.execute(&jobs[0]);
    assert_eq!(paid, Ok(jobs[0].pays.atoms));
}
