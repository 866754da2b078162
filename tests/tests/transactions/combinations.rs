//! The transactions of the page, built as a client builds them for any number of markets or positions.

use anchor_lang::prelude::{AccountMeta, Pubkey};
use bytemuck::Zeroable;
use perp_client::instructions::{self as build, Authority, OrdersOf, TargetMarket};
use perp_client::Addresses;
use perp_engine::operations::position::{LiquidationOrder, Order};
use perp_engine::state::{Account, OrderBook, Position, MAX_POSITIONS};
use perp_engine::units::{Atoms, SignedSize, Size};
use perp_tests::world::orders::next_price;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_message::{v0, AddressLookupTableAccount, Message, VersionedMessage};

/// Bytes of a transaction that a validator takes.
pub const PACKET: usize = 1_232;
/// Accounts that a transaction may lock.
pub const LOCKS: usize = 64;

/// Builds a transaction that touches so many markets.
pub type Build = fn(&Scene, u16) -> Vec<Instruction>;

/// Every transaction of the page by the name it has there.
pub const COMBINATIONS: &[(&str, Build)] = &[
    ("`update_prices`", |scene, count| vec![scene.update_prices(0..count)]),
    ("`trade`", |scene, count| vec![scene.trade(count)]),
    ("`update_prices` of the other markets, then `trade`", |scene, count| {
        vec![scene.update_prices(1..count), scene.trade(count)]
    }),
    ("`liquidate`", |scene, count| vec![scene.liquidate(count)]),
    ("`update_prices` of the other markets, then `liquidate`", |scene, count| {
        vec![scene.update_prices(1..count), scene.liquidate(count)]
    }),
    ("`withdraw`", |scene, count| vec![scene.withdraw(count)]),
    ("`update_prices`, then `withdraw`", |scene, count| vec![scene.update_prices(0..count), scene.withdraw(count)]),
    ("`resolve_bankruptcy`", |scene, count| vec![scene.resolve_bankruptcy(count)]),
    ("`arm_order`", |scene, count| vec![scene.arm_order(count)]),
    ("`execute_order`", |scene, count| vec![scene.execute_order(count)]),
    ("`update_prices` of the other markets, then `execute_order`", |scene, count| {
        vec![scene.update_prices(1..count), scene.execute_order(count)]
    }),
    ("`value_market` of each", |scene, count| (0..count).map(|market| scene.value(market)).collect()),
];

/// The transaction of that name.
pub fn combination(name: &str) -> Build {
    let found = COMBINATIONS.iter().find(|(other, _)| *other == name);
    found.unwrap_or_else(|| panic!("the page names a transaction that nobody builds: {name}")).1
}

/// The keys of an exchange and of those who send to it, all different.
pub struct Scene {
    pub addresses: Addresses,
    /// Signs everything and pays.
    pub signer: Pubkey,
    margin_account: Pubkey,
    other_margin_account: Pubkey,
    destination: Pubkey,
    oracles: Vec<Pubkey>,
}

impl Scene {
    pub fn new() -> Self {
        let key = Pubkey::new_unique;
        Self {
            addresses: Addresses::new(key(), key(), anchor_spl::token::ID),
            signer: key(),
            margin_account: key(),
            other_margin_account: key(),
            destination: key(),
            oracles: (0..64).map(|_| key()).collect(),
        }
    }

    fn authority(&self) -> Authority {
        Authority { signer: self.signer, margin_account: self.margin_account }
    }

    fn target(&self) -> TargetMarket {
        TargetMarket::with_oracle(0, self.oracles[0])
    }

    fn update_prices(&self, markets: std::ops::Range<u16>) -> Instruction {
        build::update_prices(&self.addresses, markets.map(|market| (market, self.oracles[usize::from(market)])))
    }

    pub fn trade(&self, count: u16) -> Instruction {
        self.trade_of(self.authority(), count)
    }

    /// A trade that somebody else than the owner signs.
    pub fn trade_of(&self, trader: Authority, count: u16) -> Instruction {
        let order = Order::at_any_price(SignedSize::new(1));
        self.with_more(build::trade(&self.addresses, trader, &account(count), self.target(), &order), count)
    }

    fn liquidate(&self, count: u16) -> Instruction {
        let order = LiquidationOrder { max_size: Size::new(1), min_bounty: Atoms::ZERO };
        let (liquidator, liquidated) = (self.authority(), self.other_margin_account);
        let liquidate =
            build::liquidate(&self.addresses, liquidator, liquidated, &account(count), self.target(), &order);
        self.with_more(liquidate, count)
    }

    fn withdraw(&self, count: u16) -> Instruction {
        let amount = Atoms::new(1);
        let account = account(count);
        self.with_more(build::withdraw(&self.addresses, self.authority(), &account, self.destination, amount), count)
    }

    fn resolve_bankruptcy(&self, count: u16) -> Instruction {
        let resolve = build::resolve_bankruptcy(&self.addresses, self.margin_account, &account(count), 0);
        self.with_more(resolve, count)
    }

    fn arm_order(&self, count: u16) -> Instruction {
        let account = account(count);
        self.with_more(build::arm_order(&self.addresses, &self.orders_of(&account), self.target(), 0), count)
    }

    fn execute_order(&self, count: u16) -> Instruction {
        let account = account(count);
        let (of, oracle) = (self.orders_of(&account), self.oracles[0]);
        self.with_more(
            build::execute_order(&self.addresses, self.signer, &of, &OrderBook::default(), 0, oracle, 0),
            count,
        )
    }

    /// So many orders by the owner of an account with so many positions.
    pub fn place_orders(&self, count: u16, orders: usize) -> Instruction {
        let account = account(count);
        let of = OrdersOf { owner: self.signer, ..self.orders_of(&account) };
        build::place_orders(&self.addresses, self.signer, &of, self.target(), &[], &vec![next_price(1); orders])
    }

    fn orders_of<'a>(&self, account: &'a Account) -> OrdersOf<'a> {
        OrdersOf { owner: self.destination, margin_account: self.other_margin_account, account }
    }

    fn value(&self, market: u16) -> Instruction {
        let target = TargetMarket::with_oracle(market, self.oracles[usize::from(market)]);
        build::value_market(&self.addresses, self.signer, target)
    }

    /// Names the markets of positions for which an account has no room, so that the limit beyond can be found.
    fn with_more(&self, mut instruction: Instruction, count: u16) -> Instruction {
        let more = (0..count).skip(MAX_POSITIONS).map(|market| self.addresses.market(market));
        instruction.accounts.extend(more.map(|market| AccountMeta::new_readonly(market, false)));
        instruction
    }

    /// A lookup table of every address that such a transaction names, but for the signer.
    pub fn table(&self, instructions: &[Instruction]) -> AddressLookupTableAccount {
        let named = instructions.iter().flat_map(|instruction| &instruction.accounts);
        let mut addresses: Vec<_> = named.filter(|meta| !meta.is_signer).map(|meta| meta.pubkey).collect();
        addresses.sort();
        addresses.dedup();
        AddressLookupTableAccount { key: Pubkey::new_unique(), addresses }
    }
}

/// An account with positions in the first markets, as many as it has room for.
fn account(count: u16) -> Account {
    let mut account = Account::zeroed();
    for (market, slot) in (0..count).zip(&mut account.positions) {
        *slot = Position { size: SignedSize::new(1), ..Position::empty_in(market) };
    }
    account
}

/// The instructions as wallets send them: after a limit and a price for compute units.
pub fn from_a_wallet(instructions: Vec<Instruction>) -> Vec<Instruction> {
    let mut all = vec![
        ComputeBudgetInstruction::set_compute_unit_limit(1_400_000),
        ComputeBudgetInstruction::set_compute_unit_price(1),
    ];
    all.extend(instructions);
    all
}

/// What a transaction takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Every one it names, programs included.
    pub accounts: usize,
    pub bytes: usize,
}

/// The legacy transaction of these instructions.
pub fn legacy(instructions: &[Instruction], payer: &Pubkey) -> Taken {
    let message = Message::new(instructions, Some(payer));
    let accounts = message.account_keys.len();
    let signatures = message.header.num_required_signatures;
    Taken { accounts, bytes: on_the_wire(signatures, message.serialize().len()) }
}

/// The transaction of version 0 that takes its accounts from the table.
pub fn with_table(instructions: &[Instruction], payer: &Pubkey, table: AddressLookupTableAccount) -> Taken {
    let message = v0::Message::try_compile(payer, instructions, &[table], Default::default()).expect("it compiles");
    let looked_up = message.address_table_lookups.iter();
    let accounts = message.account_keys.len()
        + looked_up.map(|table| table.writable_indexes.len() + table.readonly_indexes.len()).sum::<usize>();
    let signatures = message.header.num_required_signatures;
    Taken { accounts, bytes: on_the_wire(signatures, VersionedMessage::V0(message).serialize().len()) }
}

/// A count of signatures, the signatures, the message.
fn on_the_wire(signatures: u8, message: usize) -> usize {
    1 + 64 * usize::from(signatures) + message
}
