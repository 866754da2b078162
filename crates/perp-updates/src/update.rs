//! What a price server answers: prices, each with its proof, and the signatures under the root of all of them.

use std::fmt;
use std::str::FromStr;

#[cfg(feature = "rpc")]
use perp_client::engine::oracle::{OracleReading, ReadingError};
use thiserror::Error;

use crate::merkle::{self, Node};
use crate::vaa::Vaa;
use crate::wire::Fields;

const MAGIC: [u8; 4] = *b"PNAU";
const MAJOR_VERSION: u8 = 1;
const WORMHOLE_MERKLE: u8 = 0;
/// The kind of a message about one feed's price, and the bytes of it.
const PRICE_MESSAGE: u8 = 0;
const PRICE_MESSAGE_LEN: usize = 85;

/// Pyth's number of a feed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeedId(pub [u8; 32]);

/// A text is no feed id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("\"{0}\" is no feed id: expected 64 hexadecimal digits, with or without 0x before them")]
pub struct FeedIdError(pub String);

impl FromStr for FeedId {
    type Err = FeedIdError;

    fn from_str(text: &str) -> Result<Self, FeedIdError> {
        let mut id = [0; 32];
        match hex::decode_to_slice(text.strip_prefix("0x").unwrap_or(text), &mut id) {
            Ok(()) => Ok(Self(id)),
            Err(_) => Err(FeedIdError(text.into())),
        }
    }
}

impl fmt::Display for FeedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// Why bytes are no update, or not the one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UpdateError {
    /// The bytes end too early.
    #[error("the update ends within its {field}: fetch it again")]
    Truncated {
        /// What is incomplete.
        field: &'static str,
    },
    /// Bytes follow the last price.
    #[error("{extra} bytes follow the update: fetch it again")]
    TooLong {
        /// How many.
        extra: usize,
    },
    /// Something else than an update.
    #[error("the {of} does not begin as Pyth's do: is this the answer of a price server?")]
    Magic {
        /// What was to begin here.
        of: &'static str,
    },
    /// A later format.
    #[error("the {of} is of version {version}, which this program does not know: use a newer one")]
    Version {
        /// What has this version.
        of: &'static str,
        /// The version.
        version: u8,
    },
    /// A form that carries no price of the kind markets read.
    #[error("the {of} is of kind {kind}, which carries no such price: ask for the latest price updates")]
    Kind {
        /// What has this kind.
        of: &'static str,
        /// The kind.
        kind: u8,
    },
    /// A price the signatures do not cover.
    #[error("the proof of feed {feed} does not lead to the signed root: fetch the update again")]
    Proof {
        /// The feed.
        feed: FeedId,
    },
    /// A feed the update does not speak of.
    #[error("the update has no price of feed {feed}: ask for it, and check its id")]
    FeedMissing {
        /// The feed.
        feed: FeedId,
    },
    /// Feeds that are to count at one second.
    #[error("feed {feed} was published {behind} s before the others: fetch the update again, or leave that feed out")]
    SecondsApart {
        /// The older feed.
        feed: FeedId,
        /// Seconds between it and the newest one.
        behind: u64,
    },
}

/// A feed's price with what proves it. The asset is worth `(price ± confidence) · 10^exponent`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedPrice {
    /// The feed.
    pub feed: FeedId,
    /// The price.
    pub price: i64,
    /// Half the width of the interval around it.
    pub confidence: u64,
    /// Power of ten of both.
    pub exponent: i32,
    /// Unix seconds.
    pub publish_time: i64,
    /// Unix seconds of the price before.
    pub previous_publish_time: i64,
    /// The bytes in the tree that say all this.
    pub message: Vec<u8>,
    /// The way from there to the root.
    pub proof: Vec<Node>,
}

#[cfg(feature = "rpc")]
impl SignedPrice {
    /// What it says, as the program reads it once it is posted.
    ///
    /// # Errors
    /// [`ReadingError`] where it is no price that any market takes.
    pub fn reading(&self) -> Result<OracleReading, ReadingError> {
        let reading = OracleReading::new(self.price, self.confidence, self.exponent, self.publish_time)?;
        Ok(reading.with_previous(self.previous_publish_time))
    }
}

/// Prices under one root, with the message that the guardians signed about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Update {
    /// The signed message's bytes.
    pub vaa: Vec<u8>,
    /// What it says.
    pub signed: Vaa,
    /// The prices, in the order of the answer.
    pub prices: Vec<SignedPrice>,
}

impl Update {
    /// Reads an update, and follows every proof to the signed root. The signatures are not checked: the chain does that.
    ///
    /// # Errors
    /// [`UpdateError`] where anything is missing, left over, unknown, or not under the root.
    pub fn parse(bytes: &[u8]) -> Result<Self, UpdateError> {
        let mut fields = Fields(bytes);
        if fields.array("magic")? != MAGIC {
            return Err(UpdateError::Magic { of: "update" });
        }
        let version = fields.u8("version")?;
        if version != MAJOR_VERSION {
            return Err(UpdateError::Version { of: "update", version });
        }
        // Minor versions only add to what may be passed over here.
        fields.u8("minor version")?;
        let header = fields.u8("length of the header")?;
        fields.bytes(header.into(), "header")?;
        let kind = fields.u8("kind of proof")?;
        if kind != WORMHOLE_MERKLE {
            return Err(UpdateError::Kind { of: "update", kind });
        }
        let length = fields.u16("length of the VAA")?;
        let vaa = fields.bytes(length.into(), "VAA")?;
        let signed = Vaa::parse(vaa)?;
        let count = fields.u8("number of prices")?;
        let prices = (0..count).map(|_| read_price(&mut fields, &signed.root)).collect::<Result<_, _>>()?;
        match fields.0.len() {
            0 => Ok(Self { vaa: vaa.to_vec(), signed, prices }),
            extra => Err(UpdateError::TooLong { extra }),
        }
    }

    /// The price of a feed.
    ///
    /// # Errors
    /// [`UpdateError::FeedMissing`].
    pub fn price(&self, feed: FeedId) -> Result<&SignedPrice, UpdateError> {
        self.prices.iter().find(|price| price.feed == feed).ok_or(UpdateError::FeedMissing { feed })
    }

    /// The one second in which all these feeds were published, in Unix seconds; zero where there are none. Legs of an account
    /// whose prices are of one second count at those prices.
    ///
    /// # Errors
    /// [`UpdateError::FeedMissing`], [`UpdateError::SecondsApart`].
    pub fn second(&self, feeds: &[FeedId]) -> Result<i64, UpdateError> {
        let prices = feeds.iter().map(|feed| self.price(*feed)).collect::<Result<Vec<_>, _>>()?;
        let newest = prices.iter().map(|price| price.publish_time).max().unwrap_or(0);
        match prices.iter().find(|price| price.publish_time != newest) {
            Some(SignedPrice { feed, publish_time, .. }) => {
                Err(UpdateError::SecondsApart { feed: *feed, behind: newest.abs_diff(*publish_time) })
            }
            None => Ok(newest),
        }
    }
}

fn read_price(fields: &mut Fields, root: &Node) -> Result<SignedPrice, UpdateError> {
    let length = fields.u16("length of a price")?;
    let message = fields.bytes(length.into(), "price")?;
    let nodes = fields.u8("length of a proof")?;
    let proof = (0..nodes).map(|_| fields.array("proof")).collect::<Result<Vec<Node>, _>>()?;

    let mut inner = Fields(message);
    let kind = inner.u8("kind of price")?;
    if kind != PRICE_MESSAGE {
        return Err(UpdateError::Kind { of: "message", kind });
    }
    if message.len() < PRICE_MESSAGE_LEN {
        return Err(UpdateError::Truncated { field: "price" });
    }
    let price = SignedPrice {
        feed: FeedId(inner.array("feed id")?),
        price: inner.i64("price")?,
        confidence: inner.u64("confidence")?,
        exponent: inner.i32("exponent")?,
        publish_time: inner.i64("publish time")?,
        previous_publish_time: inner.i64("previous publish time")?,
        // Moving averages follow, and later versions may add to them.
        message: message.to_vec(),
        proof,
    };
    if merkle::root(&price.message, &price.proof) != *root {
        return Err(UpdateError::Proof { feed: price.feed });
    }
    Ok(price)
}
