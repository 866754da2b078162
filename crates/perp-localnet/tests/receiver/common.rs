//! A localnet without an exchange, on which alice posts prices.

use localnet_receiver::guardians::{ALL, ONE};
use localnet_receiver::BRIDGE;
use perp_accounts::oracle::{OracleBinding, OracleKind, CORE_RECEIVER};
use perp_candles::UsdPrice;
use perp_client::errors::Reason;
use perp_client::rpc::SendError;
use perp_engine::oracle::OracleReading;
use perp_localnet::feeds::Feed;
use perp_localnet::guardians::TestGuardians;
use perp_localnet::quotes::Quote;
use perp_localnet::setup::Localnet;
use perp_localnet::signed_update::signed_update;
use perp_localnet::validator::Ports;
use perp_oracle::read_oracle;
use perp_updates::receiver::{post_update_atomic, Poster};
use perp_updates::{FeedId, Receiver, ReceiverConfig, SignedPrice, Update};
use solana_instruction::Instruction;
use solana_keypair::{Keypair, Signer};
use solana_pubkey::Pubkey;
use tempfile::TempDir;

pub const CONFIG: ReceiverConfig = ReceiverConfig { receiver: Receiver::Core, bridge: BRIDGE, fee: 1 };

pub struct World {
    pub localnet: Localnet,
    /// Signs and pays.
    pub alice: Keypair,
    _keys: TempDir,
}

pub fn feed(feed: Feed) -> FeedId {
    FeedId(feed.id().unwrap())
}

/// Prices of SOL and BTC in dollars, give or take a cent.
pub fn quotes(sol: u32, btc: u32) -> [Quote; 2] {
    let quote = |feed, price| Quote { feed, price: UsdPrice::dollars(price), confidence: 1_000_000 };
    [quote(Feed::Sol, sol), quote(Feed::Btc, btc)]
}

pub fn one_guardian() -> TestGuardians {
    TestGuardians::new(ONE)
}

pub fn all_guardians() -> TestGuardians {
    TestGuardians::new(ALL)
}

impl World {
    pub fn start() -> Self {
        let keys = tempfile::tempdir().unwrap();
        let localnet = Localnet::start(Ports::free().unwrap(), keys.path()).unwrap();
        let alice = localnet.wallets.get("alice").unwrap().keypair.insecure_clone();
        Self { localnet, alice, _keys: keys }
    }

    pub fn poster(&self) -> Poster {
        Poster { payer: self.alice.pubkey(), treasury: 0 }
    }

    pub fn now(&self) -> i64 {
        self.localnet.chain().clock().unix_timestamp
    }

    pub fn later(&self, seconds: i64) {
        self.localnet.chain().travel_to(self.now() + seconds).unwrap();
    }

    /// SOL and BTC at these prices in dollars, signed at the present second.
    pub fn signed(&self, guardians: &TestGuardians, sol: u32, btc: u32) -> Update {
        Update::parse(&signed_update(guardians, &quotes(sol, btc), self.now(), 7)).unwrap()
    }

    pub fn send(&self, instructions: &[Instruction], others: &[&Keypair]) -> Result<(), SendError> {
        let signers: Vec<&Keypair> = [&self.alice].into_iter().chain(others.iter().copied()).collect();
        self.localnet.connection.send(instructions, &signers).map(drop)
    }

    /// The code with which a program refuses.
    pub fn refusal(&self, instructions: &[Instruction], others: &[&Keypair]) -> u32 {
        let error = self.send(instructions, others).unwrap_err();
        match error.failure().unwrap_or_else(|| panic!("{error}")).reason {
            Reason::Code(code) => code,
            Reason::Runtime(reason) => panic!("{reason}"),
        }
    }

    pub fn atomic(&self, update: &Update, price: &SignedPrice, account: Pubkey, is_new: bool) -> Instruction {
        let set = update.signed.guardian_set;
        post_update_atomic(&CONFIG, self.poster(), account, is_new, set, &update.vaa, price)
    }

    /// Posts SOL's price to a new account and returns its key.
    pub fn post_sol(&self, update: &Update) -> Keypair {
        let account = Keypair::new();
        let price = update.price(feed(Feed::Sol)).unwrap();
        self.send(&[self.atomic(update, price, account.pubkey(), true)], &[&account]).unwrap();
        account
    }

    /// The account as a market that takes any account of the feed reads it.
    pub fn read(&self, account: &Pubkey, feed: FeedId) -> OracleReading {
        let binding = OracleBinding::new(OracleKind::Pull, CORE_RECEIVER, Pubkey::default(), feed.0);
        let found = self.localnet.connection.client().get_account(account).unwrap();
        read_oracle(account, &found.owner, &found.data, &binding).unwrap()
    }

    pub fn lamports(&self, account: &Pubkey) -> u64 {
        self.localnet.connection.client().get_balance(account).unwrap_or(0)
    }
}
