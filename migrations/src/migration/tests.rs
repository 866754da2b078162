use super::*;
use crate::LOCALNET;
use anchor_lang::AnchorDeserialize;
use bytemuck::Zeroable;
use perp_client::accounts::oracle::OracleBinding;
use perp_client::exchange::convert::atoms;
use perp_engine::units::{Atoms, Ppm, Size};
use perp_swap::instruction;
use std::path::Path;

const MINT: Mint = Mint { token_program: Pubkey::new_from_array([9; 32]), decimals: 6 };

fn description() -> Description {
    Description::parse(Path::new("localnet.toml"), LOCALNET).unwrap()
}

fn wanted(description: &Description) -> Wanted<'_> {
    let exchange = &description.exchange;
    let address = exchange_address(&exchange.creator, &exchange.name);
    let addresses = Addresses::new(address, exchange.quote_mint, MINT.token_program);
    Wanted { description, addresses, signer: exchange.creator }
}

/// The chain once the description is created, with its first `count` markets.
fn chain(description: &Description, count: usize) -> (Exchange, Pool, Vec<Market>) {
    let from = &description.exchange;
    let exchange = Exchange {
        quote_mint: from.quote_mint,
        admin: from.creator,
        risk_admin: from.risk_admin,
        guardian: from.guardian,
        market_count: count as u16,
        quote_decimals: from.quote_decimals,
        ..Exchange::zeroed()
    };
    let mut pool = Pool::zeroed();
    pool.state.parameters = from.pool;
    let markets = description.markets[..count].iter().map(|from| {
        let mut market = Market::zeroed();
        market.symbol = from.symbol;
        market.oracle = from.oracle.into();
        market.second_oracle = from.second_oracle.map_or(OracleBinding::NONE, OracleBinding::from);
        market.state.base_decimals = from.base_decimals;
        market.state.quote_decimals = description.exchange.quote_decimals;
        market.state.parameters = from.parameters;
        market.state.target_backing = from.target_backing;
        market
    });
    (exchange, pool, markets.collect())
}

fn compare(description: &Description, (exchange, pool, markets): &(Exchange, Pool, Vec<Market>)) -> Comparison {
    wanted(description).compare(exchange, pool, markets)
}

fn shown(steps: &[Step]) -> Vec<String> {
    // The addresses are tested where they are made.
    steps.iter().map(|step| step.to_string().split(" at ").next().unwrap().to_string()).collect()
}

#[test]
fn on_an_empty_chain_everything_is_created_in_order() {
    let description = description();
    let migration = wanted(&description).create_all(&MINT).unwrap();
    assert_eq!(
        shown(&migration.steps),
        ["create exchange localnet", "create market SOL-PERP", "create market BTC-PERP"]
    );
    for (step, index) in migration.steps[1..].iter().zip(0u16..) {
        let instruction = step.instruction().unwrap();
        let sent = instruction::CreateMarket::deserialize(&mut &instruction.data[8..]).unwrap();
        assert_eq!(sent.index, index);
        assert_eq!(sent.parameters, description.markets[usize::from(index)].parameters.into());
        assert_eq!(instruction.accounts[2].pubkey, migration.addresses.market(index));
    }
}

#[test]
fn only_the_creator_creates() {
    let description = description();
    let stranger = Wanted { signer: Pubkey::new_unique(), ..wanted(&description) };
    let error = stranger.create_all(&MINT).unwrap_err();
    assert!(matches!(error, MigrationError::NotTheCreator { creator, .. } if creator == description.exchange.creator));
}

#[test]
fn a_chain_that_is_as_described_needs_nothing() {
    let description = description();
    let found = compare(&description, &chain(&description, 2));
    assert!(found.differences.is_empty(), "{:?}", found.differences);
    assert_eq!(found.steps.len(), 3);
    for step in &found.steps {
        assert!(matches!(step, Step::Already { .. }), "{step}");
    }
}

#[test]
fn what_is_missing_is_added() {
    let description = description();
    let steps = compare(&description, &chain(&description, 1)).result().unwrap();
    assert!(matches!(&steps[1], Step::Already { subject, .. } if subject == "market SOL-PERP"));
    assert!(matches!(&steps[2], Step::Create { subject, .. } if subject == "market BTC-PERP"));
    assert_eq!(steps.len(), 3);
}

#[test]
fn what_can_be_changed_is_changed() {
    let description = description();
    let mut chain = chain(&description, 2);
    chain.2[1].state.target_backing = atoms("5", 6).unwrap();
    let guardian = Pubkey::new_unique();
    chain.0.guardian = guardian;
    let steps = compare(&description, &chain).result().unwrap();
    let admin = description.exchange.guardian;
    assert_eq!(
        steps[0].to_string(),
        format!(
            "change risk_admin and guardian of exchange localnet from {admin} and {guardian} to {admin} and {admin}"
        )
    );
    assert_eq!(steps[2].to_string(), "change target_backing of market BTC-PERP from 5 to 2000000");
    assert_eq!(steps.len(), 3);
    let expected = perp_client::instructions::set_backing_target(
        &wanted(&description).addresses,
        description.exchange.creator,
        1,
        Atoms::new(2_000_000_000_000),
    );
    assert_eq!(steps[2].instruction(), Some(&expected));
}

#[test]
fn what_cannot_be_changed_is_named_and_nothing_is_sent() {
    let description = description();
    let mut chain = chain(&description, 2);
    chain.1.state.parameters.deposit_notice = 601;
    let sol = &mut chain.2[0];
    sol.state.parameters.base_margin = Ppm::new(62_500);
    sol.state.parameters.funding_rate_cap /= 2;
    sol.oracle.account = Pubkey::default();
    let error = compare(&description, &chain).result().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the chain contradicts the file, and nothing was changed:
  exchange.pool: deposit_notice_seconds is 601 on the chain and 600 in the file
  SOL-PERP: oracle.account is none on the chain and 7UVimffxr9ow1uXYxsr4LHAcV58mLzhmwaeKvJ1pjLiE in the file
  SOL-PERP: funding_rate_cap_percent_per_hour is 0.05 on the chain and 0.1 in the file
  SOL-PERP: base_margin_percent is 6.25 on the chain and 5 in the file"
    );
}

#[test]
fn a_second_oracle_that_only_the_chain_has_is_a_difference() {
    let description = description();
    let mut chain = chain(&description, 2);
    let sol = &mut chain.2[0];
    sol.second_oracle = OracleBinding { account: Pubkey::default(), feed_id: [0xAB; 32], ..sol.oracle };
    let error = compare(&description, &chain).result().unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "the chain contradicts the file, and nothing was changed:
  SOL-PERP: second_oracle.kind is pull on the chain and none in the file
  SOL-PERP: second_oracle.program is {} on the chain and none in the file
  SOL-PERP: second_oracle.feed_id is {} on the chain and {} in the file",
            description.markets[0].oracle.program,
            "ab".repeat(32),
            "00".repeat(32)
        )
    );
}

#[test]
fn numbers_of_other_decimals_are_written_as_in_the_file() {
    let description = description();
    let mut chain = chain(&description, 2);
    // 200 BTC were listed with nine decimals instead of ten, all other sizes with the numbers of ten.
    let btc = &mut chain.2[1].state;
    btc.base_decimals = 9;
    btc.parameters.open_interest_cap = Size::new(200_000_000_000);
    let error = compare(&description, &chain).result().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the chain contradicts the file, and nothing was changed:
  BTC-PERP: base_decimals is 9 on the chain and 10 in the file
  BTC-PERP: impact_scale is 400000 on the chain and 40000 in the file
  BTC-PERP: open_interest_low is 100 on the chain and 10 in the file
  BTC-PERP: open_interest_high is 4500 on the chain and 450 in the file"
    );
}

#[test]
fn a_market_the_file_does_not_know_and_a_mint_of_other_decimals_are_differences() {
    let mut description = description();
    let chain = chain(&description, 2);
    description.markets.pop();
    let found = compare(&description, &chain).differences;
    let (subject, field) = ("exchange".into(), "market 1".into());
    assert_eq!(found, [Difference { subject, field, chain: "BTC-PERP".into(), file: "none".into() }]);

    let found = wanted(&description).compare_mint(&Mint { decimals: 9, ..MINT }).differences;
    assert_eq!(found[0].to_string(), "exchange: quote_decimals is 9 on the chain and 6 in the file");
}

#[test]
fn only_the_admin_changes_and_anybody_may_look() {
    let description = description();
    let mut chain = chain(&description, 2);
    let stranger = Wanted { signer: Pubkey::new_unique(), ..wanted(&description) };
    let unchanged = compare(&description, &chain).steps;
    assert!(stranger.require_admin(&chain.0, &unchanged).is_ok());

    chain.2[0].state.target_backing = Atoms::ZERO;
    let changes = compare(&description, &chain).steps;
    let error = stranger.require_admin(&chain.0, &changes).unwrap_err();
    let expected = "to change target_backing of market SOL-PERP from 0 to 3000000 takes the admin ";
    assert!(error.to_string().starts_with(expected), "{error}");
}
