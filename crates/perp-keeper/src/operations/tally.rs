//! What one look came to, as an exit code says it.

/// What was decided and what became of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Whether it looked at a state that it could act on.
    pub looked: bool,
    /// Whether something could not be read.
    pub unread: bool,
    /// Jobs not sent for want of lamports.
    pub low: u64,
    /// Transactions sent.
    pub sent: u64,
    /// That took place.
    pub won: u64,
    /// That others were first at, or that were not needed any more.
    pub lost: u64,
    /// That failed otherwise.
    pub failed: u64,
}

/// Everything that was sent took place or was not needed any more; nothing was to do.
pub const FINE: u8 = 0;
/// It could not look.
pub const FAILED: u8 = 1;
/// The settings or the command line are wrong.
pub const WRONG: u8 = 2;
/// Something that was sent failed.
pub const SOME_FAILED: u8 = 3;
/// The state was too old to act on.
pub const STALE: u8 = 4;
/// There was something to do and no wallet to pay for it.
pub const LOW: u8 = 5;
/// It was made to end before what was on its way had landed.
pub const UNFINISHED: u8 = 6;

impl Tally {
    /// The exit code of one look: the worst of what happened.
    pub const fn code(&self) -> u8 {
        if self.unread {
            FAILED
        } else if !self.looked {
            STALE
        } else if self.low > 0 {
            LOW
        } else if self.failed > 0 || self.won + self.lost < self.sent {
            SOME_FAILED
        } else {
            FINE
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_of_what_happened_is_told() {
        let looked = Tally { looked: true, ..Tally::default() };
        let cases = [
            (Tally::default(), STALE),
            (Tally { unread: true, ..Tally::default() }, FAILED),
            (looked, FINE),
            (Tally { sent: 3, won: 2, lost: 1, ..looked }, FINE),
            (Tally { sent: 3, won: 2, failed: 1, ..looked }, SOME_FAILED),
            // One of which nothing was heard.
            (Tally { sent: 3, won: 2, ..looked }, SOME_FAILED),
            (Tally { low: 1, sent: 1, failed: 1, ..looked }, LOW),
        ];
        for (tally, code) in cases {
            assert_eq!(tally.code(), code, "{tally:?}");
        }
    }
}
