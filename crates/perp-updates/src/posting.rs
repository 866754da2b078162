//! The transactions that post prices and use them at once, in order.
//!
//! A message short enough goes to the receiver as it is. One with the signatures of a mainnet quorum does not fit into a
//! transaction beside anything else: it is written to an account and verified there first, and posted in the transaction that
//! uses it, or before where that is full. All instructions that use the prices are in one transaction, the last but for what
//! closes accounts.

use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_instruction::Instruction;
use solana_message::legacy::Message;
use solana_pubkey::Pubkey;
use thiserror::Error;

use crate::bridge::EncodedVaa;
use crate::destination::{Destination, Place};
use crate::receiver::{post_update, post_update_atomic, reclaim_rent, update_price_feed, Poster, ReceiverConfig};
use crate::update::{FeedId, Update, UpdateError};

/// Bytes of the longest transaction.
pub const LONGEST_TRANSACTION: usize = 1_232;
/// Compute units of the heaviest transaction.
pub const MOST_UNITS: u32 = 1_400_000;
const SIGNATURE_LEN: usize = 64;
/// A part of a message shorter than this waits for the next transaction.
const SHORTEST_PART: usize = 32;

/// Compute units to ask for: what Pyth's own kit asks for the same steps, and a reserve.
mod units {
    /// Recovering one guardian's key and hashing it.
    pub const SIGNATURE: u32 = 30_000;
    /// Creating an account and declaring it one for a message.
    pub const CREATE: u32 = 10_000;
    /// Writing a part of a message.
    pub const WRITE: u32 = 5_000;
    /// Everything of a verification but its signatures.
    pub const VERIFY: u32 = 20_000;
    /// Posting a price: its proof, the fee, and the account where there is none.
    pub const POST: u32 = 60_000;
    /// The same through the push oracle.
    pub const PUSH: u32 = 90_000;
    /// Closing an account.
    pub const CLOSE: u32 = 30_000;
    /// The compute budget's own instructions.
    pub const BUDGET: u32 = 500;
}

/// One feed to post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Post {
    /// Where to.
    pub destination: Destination,
    /// An account of the poster's that does not exist yet: its key signs, and the poster pays its rent.
    pub is_new: bool,
    /// Whether to close an account of the poster's after use, and get its rent back.
    pub close: bool,
}

/// What to post, and what for.
#[derive(Clone, Debug)]
pub struct Posting<'a> {
    /// Settings of the receiver that all destinations share.
    pub config: ReceiverConfig,
    /// Who signs and pays.
    pub poster: Poster,
    /// The prices.
    pub update: &'a Update,
    /// The feeds to post.
    pub posts: Vec<Post>,
    /// What uses the prices, together in one transaction. None where the prices alone are wanted.
    pub then: Vec<Instruction>,
    /// Compute units that takes.
    pub then_units: u32,
    /// Priority fee, in millionths of a lamport per compute unit.
    pub unit_price: u64,
    /// Tells the account of a message from others that the poster has open at the same time.
    pub number: u64,
    /// Lamports that exempt the account of the message from rent, for [`EncodedVaa::len_for`] bytes.
    pub vaa_lamports: u64,
}

/// Why there are no such transactions.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PlanError {
    /// The update lacks a feed.
    #[error(transparent)]
    Update(#[from] UpdateError),
    /// Destinations of two receivers, whose messages are signed apart.
    #[error("feed {feed} is posted to another receiver than the others: post it by itself")]
    OtherReceiver {
        /// The feed.
        feed: FeedId,
    },
    /// Not even a transaction with nothing else holds one of the steps.
    #[error("what is to be in one transaction takes {bytes} bytes of {LONGEST_TRANSACTION}: name fewer accounts")]
    TooLong {
        /// Bytes with everything that belongs together.
        bytes: usize,
    },
    /// One of the steps takes more compute units than any transaction has.
    #[error("what is to be in one transaction takes {units} compute units of {MOST_UNITS}: do less at once")]
    TooHeavy {
        /// Compute units of everything that belongs together.
        units: u64,
    },
}

/// Transactions in the order in which they are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The instructions of each, compute budget included.
    pub transactions: Vec<Vec<Instruction>>,
    /// Which of them uses the prices; those after it close accounts.
    pub uses: usize,
    /// The account of the message, where there is one. If a transaction fails after the first, it stays open: close it.
    pub encoded_vaa: Option<EncodedVaa>,
}

/// A step with its compute units.
#[derive(Clone)]
enum Step {
    /// Instructions that stay together.
    Group(Vec<Instruction>, u32),
    /// The bytes of the message, which may be split anywhere.
    Message,
}

impl Posting<'_> {
    /// The transactions.
    ///
    /// # Errors
    /// [`PlanError`].
    pub fn plan(&self) -> Result<Plan, PlanError> {
        for post in &self.posts {
            self.update.price(post.destination.feed)?;
            if post.destination.receiver != self.config.receiver {
                return Err(PlanError::OtherReceiver { feed: post.destination.feed });
            }
        }
        if self.posts.is_empty() {
            return self.pack(&[], None);
        }
        // One transaction is better than two: they are tried in the order of what they cost.
        match self.atomic_posts()? {
            Some(posts) => match self.pack(&posts, None) {
                Ok(plan) if plan.uses == 0 => Ok(plan),
                _ => self.through_bridge(),
            },
            None => self.through_bridge(),
        }
    }

    /// Posts that carry the whole message; none where one goes to the push oracle, which takes verified ones only.
    fn atomic_posts(&self) -> Result<Option<Vec<Step>>, PlanError> {
        let Update { vaa, signed, .. } = self.update;
        let units = units::POST + u32::from(signed.signatures) * units::SIGNATURE;
        let mut steps = Vec::new();
        for Post { destination, is_new, .. } in &self.posts {
            let Place::Own { account } = destination.place else { return Ok(None) };
            let price = self.update.price(destination.feed)?;
            let (config, poster) = (&self.config, self.poster);
            let post = post_update_atomic(config, poster, account, *is_new, signed.guardian_set, vaa, price);
            steps.push(Step::Group(vec![post], units));
        }
        Ok(Some(steps))
    }

    fn through_bridge(&self) -> Result<Plan, PlanError> {
        let Update { vaa, signed, .. } = self.update;
        let encoded = EncodedVaa::new(self.config.bridge, self.poster.payer, self.number);
        let create = encoded.create(self.vaa_lamports, EncodedVaa::len_for(vaa));
        let verify = units::VERIFY + u32::from(signed.signatures) * units::SIGNATURE;
        let mut steps = vec![
            Step::Group(create.into(), units::CREATE),
            Step::Message,
            Step::Group(vec![encoded.verify(signed.guardian_set)], verify),
        ];
        for Post { destination, is_new, .. } in &self.posts {
            let price = self.update.price(destination.feed)?;
            let (config, poster) = (&self.config, self.poster);
            let (post, units) = match destination.place {
                Place::Own { account } => {
                    (post_update(config, poster, account, *is_new, encoded.address, price), units::POST)
                }
                Place::Shared { shard, .. } => {
                    (update_price_feed(config, poster, shard, encoded.address, price), units::PUSH)
                }
            };
            steps.push(Step::Group(vec![post], units));
        }
        self.pack(&steps, Some(encoded))
    }

    /// Puts each step into the transaction before it where there is room, and into the next one else.
    fn pack(&self, steps: &[Step], encoded: Option<EncodedVaa>) -> Result<Plan, PlanError> {
        let mut packed = Packed {
            payer: self.poster.payer,
            unit_price: self.unit_price,
            done: Vec::new(),
            open: Vec::new(),
            units: 0,
        };
        for step in steps {
            match (step, &encoded) {
                (Step::Group(group, units), _) => packed.add(group, *units)?,
                (Step::Message, Some(encoded)) => packed.add_message(encoded, &self.update.vaa)?,
                (Step::Message, None) => {}
            }
        }
        packed.add(&self.then, self.then_units)?;
        let uses = packed.done.len();
        if let Some(encoded) = &encoded {
            packed.add(&[encoded.close()], units::CLOSE)?;
        }
        for Post { destination, close, .. } in &self.posts {
            if let (Place::Own { account }, true) = (destination.place, *close) {
                packed.add(&[reclaim_rent(self.config.receiver, self.poster.payer, account)], units::CLOSE)?;
            }
        }
        packed.end();
        Ok(Plan { transactions: packed.done, uses, encoded_vaa: encoded })
    }
}

/// Transactions that are full, and the one that is being filled.
struct Packed {
    payer: Pubkey,
    unit_price: u64,
    done: Vec<Vec<Instruction>>,
    open: Vec<Instruction>,
    units: u32,
}

impl Packed {
    fn add(&mut self, group: &[Instruction], units: u32) -> Result<(), PlanError> {
        if group.is_empty() {
            return Ok(());
        }
        if !self.open.is_empty() && self.check(group, units).is_err() {
            self.end();
        }
        self.check(group, units)?;
        self.open.extend_from_slice(group);
        self.units = self.units.saturating_add(units);
        Ok(())
    }

    /// As much of the message as there is room for, and the rest in the next transactions.
    fn add_message(&mut self, encoded: &EncodedVaa, vaa: &[u8]) -> Result<(), PlanError> {
        let mut written = 0;
        while written < vaa.len() {
            let rest = &vaa[written..];
            let mut length = rest.len().min(self.room_for(&encoded.write(0, &[])));
            if length < rest.len().min(SHORTEST_PART) && !self.open.is_empty() {
                self.end();
                continue;
            }
            // Each of two lengths may take a byte more than that of no bytes.
            while length > 0 && self.check(&[encoded.write(0, &rest[..length])], units::WRITE).is_err() {
                length -= 1;
            }
            let offset = u32::try_from(written).unwrap_or(u32::MAX);
            self.add(&[encoded.write(offset, &rest[..length.max(1)])], units::WRITE)?;
            written += length.max(1);
        }
        Ok(())
    }

    fn room_for(&self, instruction: &Instruction) -> usize {
        LONGEST_TRANSACTION.saturating_sub(self.size_with(std::slice::from_ref(instruction)))
    }

    fn check(&self, group: &[Instruction], units: u32) -> Result<(), PlanError> {
        let bytes = self.size_with(group);
        if bytes > LONGEST_TRANSACTION {
            return Err(PlanError::TooLong { bytes });
        }
        let units = u64::from(self.units) + u64::from(units) + u64::from(units::BUDGET);
        if units > u64::from(MOST_UNITS) {
            return Err(PlanError::TooHeavy { units });
        }
        Ok(())
    }

    fn size_with(&self, group: &[Instruction]) -> usize {
        let all = [&self.open[..], group].concat();
        transaction_len(&self.payer, &self.with_budget(&all, 0))
    }

    fn with_budget(&self, instructions: &[Instruction], units: u32) -> Vec<Instruction> {
        let limit = ComputeBudgetInstruction::set_compute_unit_limit(units);
        let price = (self.unit_price > 0).then(|| ComputeBudgetInstruction::set_compute_unit_price(self.unit_price));
        [limit].into_iter().chain(price).chain(instructions.iter().cloned()).collect()
    }

    fn end(&mut self) {
        if !self.open.is_empty() {
            let open = std::mem::take(&mut self.open);
            let units = self.units.saturating_add(units::BUDGET).min(MOST_UNITS);
            self.done.push(self.with_budget(&open, units));
            self.units = 0;
        }
    }
}

/// Bytes of a transaction with these instructions, signatures included.
pub fn transaction_len(payer: &Pubkey, instructions: &[Instruction]) -> usize {
    let message = Message::new(instructions, Some(payer));
    1 + SIGNATURE_LEN * usize::from(message.header.num_required_signatures) + message.serialize().len()
}
