//! Thousands of margin accounts with positions, as the program would have made them one by one, written at once.

use perp_accounts::{encode_into, MarginAccount, Market, Stored, ID, VERSION};
use perp_client::engine::operations::position::Order;
use perp_client::engine::state::Account;
use perp_client::engine::units::{Atoms, SignedSize};
use perp_localnet::chain::AccountImage;
use perp_localnet::usdc::ONE;
use solana_pubkey::Pubkey;

use crate::common::{Local, BASE, START};

/// Bytes of a token account before its amount.
const AMOUNT: usize = 64;
/// Accounts that are written in one step.
const AT_ONCE: usize = 500;

/// Somebody with so many dollars and a position of so many, negative for a short.
#[derive(Clone, Copy, Debug)]
pub struct Trader {
    pub market: u16,
    pub dollars: u64,
    pub notional: i64,
}

/// Opens an account for each, in which it has put its dollars and traded at the markets' prices of now; returns their addresses.
///
/// Each position is the engine's own plan on the markets as those before it have left them, so every total is what it would be.
pub fn plant(local: &Local, traders: &[Trader]) -> Vec<Pubkey> {
    let (localnet, addresses) = (&local.exchange.localnet, &local.exchange.addresses);
    let mut exchange = local.venue().fresh().unwrap().exchange;
    let (mut images, mut found, mut paid_in) = (Vec::new(), Vec::new(), 0);
    for trader in traders {
        let mut state = Account::opened(None);
        state.balance = Atoms::new(trader.dollars * ONE);
        state.counters.deposited = state.balance;
        let place = usize::from(trader.market % 2);
        let order = Order::at_any_price(SignedSize::new(trader.notional * (BASE[place] / START[place])));
        let after = exchange.preview_trade(&state, trader.market, &order, None).unwrap();
        exchange.put_market(after.market);
        paid_in += trader.dollars * ONE;
        let owner = Pubkey::new_unique();
        let seeds: [&[u8]; 4] = [MarginAccount::SEED, addresses.exchange.as_ref(), owner.as_ref(), &[0, 0]];
        let (address, bump) = Pubkey::find_program_address(&seeds, &ID);
        let account = MarginAccount {
            exchange: addresses.exchange,
            owner,
            delegate: Pubkey::default(),
            state: after.account,
            sub_account: 0,
            bump,
            version: VERSION,
            padding: [0; 4],
            reserved: [0; 16],
        };
        images.push(image(address, &account));
        found.push(address);
    }
    for state in exchange.markets() {
        let address = addresses.market(state.index);
        let market: Market = localnet.connection.fetch(&address).unwrap();
        images.push(image(address, &Market { state: *state, ..market }));
    }
    let vault = localnet.connection.client().get_account(&addresses.vault).unwrap();
    let mut data = vault.data;
    let held = u64::from_le_bytes(data[AMOUNT..AMOUNT + 8].try_into().unwrap());
    data[AMOUNT..AMOUNT + 8].copy_from_slice(&(held + paid_in).to_le_bytes());
    images.push(AccountImage { address: addresses.vault, owner: vault.owner, data });
    for some in images.chunks(AT_ONCE) {
        localnet.chain().set_accounts(some).unwrap();
    }
    found
}

fn image<T: Stored>(address: Pubkey, account: &T) -> AccountImage {
    let mut data = vec![0; T::SPACE];
    assert!(encode_into(account, &mut data));
    AccountImage { address, owner: ID, data }
}
