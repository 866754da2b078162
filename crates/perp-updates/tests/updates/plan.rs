//! Updates planned into transactions: how many, in which order, and what is refused.

use perp_accounts::oracle::{OracleBinding, OracleKind, CORE_RECEIVER, LEGACY_MAINNET};
use perp_updates::bridge::EncodedVaa;
use perp_updates::destination::Place;
use perp_updates::posting::{transaction_len, LONGEST_TRANSACTION};
use perp_updates::receiver::Poster;
use perp_updates::*;
use solana_instruction::{AccountMeta, Instruction};
use solana_pubkey::Pubkey;

use crate::common::*;

const PAYER: Pubkey = Pubkey::new_from_array([9; 32]);
const BRIDGE: Pubkey = Pubkey::new_from_array([8; 32]);
const EXCHANGE: Pubkey = Pubkey::new_from_array([7; 32]);

fn own(number: u8) -> Destination {
    let account = Pubkey::new_from_array([100 + number; 32]);
    Destination { receiver: Receiver::Core, feed: feed(number), place: Place::Own { account } }
}

fn shared(number: u8) -> Destination {
    let account = Receiver::Core.feed_account(0, &feed(number));
    Destination { receiver: Receiver::Core, feed: feed(number), place: Place::Shared { account, shard: 0 } }
}

/// An order as the exchange takes it: five accounts and 25 bytes.
fn order(destination: Destination) -> Instruction {
    let accounts = [PAYER, Pubkey::new_unique(), Pubkey::new_unique(), Pubkey::new_unique(), destination.account()];
    let accounts = accounts.map(|address| AccountMeta::new(address, address == PAYER)).into();
    Instruction { program_id: EXCHANGE, accounts, data: vec![1; 25] }
}

fn posting<'a>(update: &'a Update, destinations: &[Destination]) -> Posting<'a> {
    Posting {
        config: ReceiverConfig { receiver: Receiver::Core, bridge: BRIDGE, fee: 1 },
        poster: Poster { payer: PAYER, treasury: 0 },
        update,
        posts: destinations
            .iter()
            .map(|destination| Post { destination: *destination, is_new: false, close: false })
            .collect(),
        then: vec![order(destinations[0])],
        then_units: 200_000,
        unit_price: 1,
        number: 0,
        vaa_lamports: 1_000_000,
    }
}

/// Programs called, without the compute budget's.
fn programs(instructions: &[Instruction]) -> Vec<Pubkey> {
    let budget = instructions[0].program_id;
    instructions.iter().map(|instruction| instruction.program_id).filter(|program| *program != budget).collect()
}

fn assert_within_limits(plan: &Plan) {
    for instructions in &plan.transactions {
        let len = transaction_len(&PAYER, instructions);
        assert!(len <= LONGEST_TRANSACTION, "{len} bytes");
        // The compute budget's first instruction: a tag and the units.
        let units = u32::from_le_bytes(instructions[0].data[1..5].try_into().unwrap());
        assert!(units <= 1_400_000, "{units} units");
    }
}

/// The message as the account has it after all writes.
fn written(plan: &Plan, length: usize) -> Vec<u8> {
    let write = EncodedVaa::new(BRIDGE, PAYER, 0).write(0, &[]).data[..8].to_vec();
    let mut message = vec![0; length];
    for instruction in plan.transactions.iter().flatten().filter(|instruction| instruction.data.starts_with(&write)) {
        // The name's hash, the offset, the length.
        let offset = u32::from_le_bytes(instruction.data[8..12].try_into().unwrap()) as usize;
        let part = &instruction.data[16..];
        message[offset..offset + part.len()].copy_from_slice(part);
    }
    message
}

#[test]
fn a_message_with_one_signature_is_posted_and_used_in_one_transaction() {
    let update = Update::parse(&bytes_of(&[encoded(message(1, NOW))], 2, 1)).unwrap();
    let plan = posting(&update, &[own(1)]).plan().unwrap();
    assert_eq!(plan.transactions.len(), 1);
    assert_eq!(programs(&plan.transactions[0]), [CORE_RECEIVER, EXCHANGE]);
    assert_eq!((plan.uses, &plan.encoded_vaa), (0, &None));
    assert_within_limits(&plan);
}

#[test]
fn the_push_oracle_takes_a_short_message_in_one_transaction_too() {
    let update = Update::parse(&bytes_of(&[encoded(message(1, NOW))], 2, 1)).unwrap();
    let plan = posting(&update, &[shared(1)]).plan().unwrap();
    let system = Pubkey::default();
    let expected = [system, BRIDGE, BRIDGE, BRIDGE, Receiver::Core.push_oracle(), EXCHANGE, BRIDGE];
    assert_eq!(programs(&plan.transactions[0]), expected);
    assert_eq!((plan.transactions.len(), plan.uses), (1, 0));
    assert_within_limits(&plan);
}

#[test]
fn mainnets_message_is_verified_first_and_the_last_transaction_uses_it() {
    let update = mainnet_update(&[1]);
    for destination in [own(1), shared(1)] {
        let plan = posting(&update, &[destination]).plan().unwrap();
        assert_within_limits(&plan);
        assert_eq!(written(&plan, update.vaa.len()), update.vaa);
        let uses = &plan.transactions[plan.uses];
        assert!(programs(uses).contains(&EXCHANGE));
        let others = plan.transactions.iter().enumerate().filter(|(index, _)| *index != plan.uses);
        assert!(others.into_iter().all(|(_, instructions)| !programs(instructions).contains(&EXCHANGE)));
        assert_eq!(plan.uses, 1, "one transaction writes most of the message, and one does the rest");
    }
}

#[test]
fn several_feeds_share_one_verification() {
    let update = mainnet_update(&[1, 2, 3, 4]);
    let destinations = [own(1), own(2), shared(3), own(4)];
    let plan = posting(&update, &destinations).plan().unwrap();
    assert_within_limits(&plan);
    let verify = EncodedVaa::new(BRIDGE, PAYER, 0).verify(GUARDIAN_SET);
    let all: Vec<_> = plan.transactions.iter().flatten().collect();
    assert_eq!(all.iter().filter(|instruction| instruction.data == verify.data).count(), 1);
    let posts = |program| all.iter().filter(|instruction| instruction.program_id == program).count();
    assert_eq!((posts(CORE_RECEIVER), posts(Receiver::Core.push_oracle())), (3, 1));
}

#[test]
fn accounts_are_closed_after_use() {
    let update = mainnet_update(&[1]);
    let mut posting = posting(&update, &[own(1)]);
    posting.posts[0] = Post { is_new: true, close: true, ..posting.posts[0] };
    let plan = posting.plan().unwrap();
    assert_within_limits(&plan);
    let order: Vec<_> = plan.transactions.iter().flatten().map(|instruction| &instruction.data).collect();
    let place = |data: &Vec<u8>| order.iter().position(|found| *found == data).unwrap();
    let reclaim = perp_updates::receiver::reclaim_rent(Receiver::Core, PAYER, own(1).account());
    let close = plan.encoded_vaa.as_ref().unwrap().close();
    assert!(place(&posting.then[0].data) < place(&close.data));
    assert!(place(&posting.then[0].data) < place(&reclaim.data));
}

#[test]
fn a_plan_that_cannot_be_is_refused() {
    let update = mainnet_update(&[1]);
    let missing = posting(&update, &[own(2)]).plan();
    assert_eq!(missing, Err(PlanError::Update(UpdateError::FeedMissing { feed: feed(2) })));

    let other = Destination { receiver: Receiver::Compatible, ..own(1) };
    assert_eq!(posting(&update, &[other]).plan(), Err(PlanError::OtherReceiver { feed: feed(1) }));

    let mut long = posting(&update, &[own(1)]);
    long.then[0].data = vec![0; 1_200];
    assert!(matches!(long.plan(), Err(PlanError::TooLong { .. })), "{:?}", long.plan());

    let heavy = Posting { then_units: 1_400_000, ..posting(&update, &[own(1)]) };
    assert_eq!(heavy.plan(), Err(PlanError::TooHeavy { units: 1_400_500 }));
}

#[test]
fn a_market_says_where_its_price_goes() {
    let own = Pubkey::new_unique();
    let of = |kind, program, account, feed| Destination::of(&OracleBinding::new(kind, program, account, feed), own);
    let any = of(OracleKind::Pull, CORE_RECEIVER, Pubkey::default(), [1; 32]).unwrap();
    assert_eq!(any.place, Place::Own { account: own });

    let sponsored = Receiver::Core.feed_account(0, &feed(1));
    let shared = of(OracleKind::Pull, CORE_RECEIVER, sponsored, [1; 32]).unwrap();
    assert_eq!(shared.place, Place::Shared { account: sponsored, shard: 0 });
    let second = Receiver::Core.feed_account(1, &feed(1));
    assert_eq!(
        of(OracleKind::Pull, CORE_RECEIVER, second, [1; 32]).unwrap().place,
        Place::Shared { account: second, shard: 1 }
    );

    // The account of another feed is none that this feed can be posted to.
    let fixed = of(OracleKind::Pull, CORE_RECEIVER, sponsored, [2; 32]);
    assert_eq!(fixed, Err(DestinationError::FixedAccount { account: sponsored }));
    let legacy = of(OracleKind::LegacyPush, LEGACY_MAINNET, sponsored, [0; 32]);
    assert_eq!(legacy, Err(DestinationError::NoReceiver { program: LEGACY_MAINNET }));
}
