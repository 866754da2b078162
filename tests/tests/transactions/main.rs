//! What fits a transaction: every number of docs/transactions.md against the transactions that a client builds, and the
//! largest of them executed.

mod combinations;
mod page;
mod played;

use anchor_lang::prelude::Pubkey;
use combinations::{combination, from_a_wallet, legacy, with_table, Build, Scene, Taken, COMBINATIONS, LOCKS, PACKET};
use page::Page;
use perp_client::instructions::Authority;
use perp_engine::state::{FRESH_SECONDS, MAX_POSITIONS};
use solana_compute_budget_interface::ComputeBudgetInstruction;

/// What the transaction takes when a wallet sends it for so many markets or positions.
fn taken(build: Build, count: u16) -> Taken {
    let scene = Scene::new();
    legacy(&from_a_wallet(build(&scene, count)), &scene.signer)
}

#[test]
fn every_row_of_the_page_says_what_its_transaction_takes() {
    let rows = Page::read().rows();
    for row in &rows {
        let Taken { accounts, bytes } = taken(combination(&row.transaction), row.count);
        let left = PACKET as i64 - bytes as i64;
        assert_eq!((row.accounts, row.bytes, row.left), (accounts, bytes, left), "{row:?}");
    }
    for (name, _) in COMBINATIONS {
        assert!(rows.iter().any(|row| row.transaction == *name), "the page has no row of {name}");
    }
}

#[test]
fn what_the_page_says_fits_does_and_one_more_does_not() {
    for row in Page::read().rows() {
        let build = combination(&row.transaction);
        // Where no most is said, as many fit as an account has positions.
        let most = row.most.unwrap_or(MAX_POSITIONS as u16);
        for count in 1..=most {
            let Taken { accounts, bytes } = taken(build, count);
            assert!(bytes <= PACKET && accounts <= LOCKS, "{} of {count}: {bytes} bytes", row.transaction);
        }
        if row.most.is_some() {
            let Taken { bytes, .. } = taken(build, most + 1);
            assert!(bytes > PACKET, "{} of {}: {bytes} bytes", row.transaction, most + 1);
        }
        assert_eq!(row.left < 0, row.count > most, "{row:?}");
    }
}

#[test]
fn as_many_orders_are_placed_at_once_as_the_page_says() {
    let scene = Scene::new();
    let bytes =
        |positions, orders| legacy(&from_a_wallet(vec![scene.place_orders(positions, orders)]), &scene.signer).bytes;
    let most = |positions| (1..=16).rev().find(|orders| bytes(positions, *orders) <= PACKET).unwrap();
    assert_eq!(bytes(1, 9) - bytes(1, 8), 62);
    Page::read().says(&format!(
        "An order takes 62 bytes: {} of them are placed at once by an account with one position, {} with twelve.",
        most(1),
        most(12)
    ));
}

#[test]
fn sizes_add_up_from_the_parts() {
    let (page, scene) = (Page::read(), Scene::new());
    for (name, build) in COMBINATIONS {
        let instructions = build(&scene, 12);
        let Taken { accounts, bytes } = legacy(&from_a_wallet(instructions.clone()), &scene.signer);
        let own: usize = instructions
            .iter()
            .map(|instruction| {
                let arguments = instruction.data.len() - 8;
                page.part("each instruction")
                    + page.part("each account of each instruction") * instruction.accounts.len()
                    + page.part("data")
                    + arguments
            })
            .sum();
        // The program of the compute budget is one of the accounts and stands among the parts by itself.
        let sum = page.part("signature, with its count")
            + page.part("header, count of accounts, blockhash, count of instructions")
            + page.part("each account, once however many instructions name it; every program is one") * (accounts - 1)
            + page.part("the two compute-budget instructions")
            + own;
        assert_eq!(sum, bytes, "{name}");
    }
}

#[test]
fn a_market_and_its_price_take_what_the_page_says() {
    let page = Page::read();
    let one_more = |name: &str| taken(combination(name), 12).bytes - taken(combination(name), 11).bytes;
    let read = one_more("`trade`");
    let updated = one_more("`update_prices` of the other markets, then `trade`");
    page.says(&format!("a market costs {read} bytes where it is read, and its price update {} more", updated - read));
}

#[test]
fn who_pays_and_who_signs_take_what_the_page_says() {
    let (page, scene) = (Page::read(), Scene::new());
    let trade = from_a_wallet(vec![scene.trade(12)]);
    let own = legacy(&trade, &scene.signer).bytes;
    let paid_by_another = legacy(&trade, &Pubkey::new_unique()).bytes;
    page.says(&format!("A payer who is not the signer of the instruction adds {} bytes", paid_by_another - own));
    let delegate = Authority { signer: Pubkey::new_unique(), margin_account: Pubkey::new_unique() };
    assert_eq!(legacy(&from_a_wallet(vec![scene.trade_of(delegate, 12)]), &delegate.signer).bytes, own);
    page.says("a `trade` by a delegate none");
}

#[test]
fn a_limit_of_loaded_data_fits_beside_whatever_fits() {
    let scene = Scene::new();
    let mut added = Vec::new();
    for row in Page::read().rows().into_iter().filter(|row| row.left >= 0) {
        let mut instructions = from_a_wallet(combination(&row.transaction)(&scene, row.count));
        let without = legacy(&instructions, &scene.signer).bytes;
        instructions.insert(2, ComputeBudgetInstruction::set_loaded_accounts_data_size_limit(1 << 20));
        let with = legacy(&instructions, &scene.signer).bytes;
        assert!(with <= PACKET, "{row:?}: {with} bytes");
        added.push(with - without);
    }
    added.dedup();
    let [bytes] = added[..] else { panic!("it takes {added:?} bytes") };
    Page::read()
        .says(&format!("a limit of loaded account data takes {bytes} bytes more, and still everything that fits"));
}

#[test]
fn a_lookup_table_takes_what_does_not_fit() {
    let (page, scene) = (Page::read(), Scene::new());
    let through_a_table = |build: Build, count: u16| {
        let instructions = from_a_wallet(build(&scene, count));
        with_table(&instructions, &scene.signer, scene.table(&instructions))
    };
    for row in page.rows().iter().filter(|row| row.left < 0) {
        let Taken { accounts, bytes } = through_a_table(combination(&row.transaction), row.count);
        assert!(bytes <= PACKET && accounts <= LOCKS, "{row:?}: {bytes} bytes, {accounts} accounts");
    }
}

#[test]
fn prices_sent_before_count_for_as_long_as_the_page_says() {
    let page = Page::read();
    page.says(&format!("a price counts without the stress move for {FRESH_SECONDS} s"));
}
