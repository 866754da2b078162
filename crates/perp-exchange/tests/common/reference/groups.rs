//! What an account asks for its positions in markets of one risk group.

use super::{floor_div, PPM};
use perp_engine::state::{Market, Position};
use perp_engine::units::{Side, X40_PER_ATOM};

/// A position in a market of a risk group, in atoms.
#[derive(Clone, Copy, Debug)]
pub struct Member {
    group: u32,
    side: Side,
    credit: i128,
    pub required: i128,
    pub required_on_cash: i128,
    /// What its market could still pay of a move by its own margin.
    pub earns: i128,
    /// Its price can no longer be told.
    pub frozen: bool,
}

impl Member {
    /// The position by what it requires, where its market is in a group. It earns at most `most`: first what it has lost already, in
    /// 2^-40 atoms, a promise as a loss below zero, and then what the market's cash leaves.
    pub fn of(
        position: &Position,
        market: &Market,
        required: [i128; 2],
        most: i128,
        lost: i128,
        known: bool,
    ) -> Option<Self> {
        let group = market.parameters.risk_group;
        let side = position.size.side().filter(|_| group != 0)?;
        let ended = market.settlement.has_begun();
        let earns = if ended || !known { 0 } else { floor_div(cash(market) + lost, X40_PER_ATOM).clamp(0, most) };
        let [required, required_on_cash] = required;
        let credit = i128::from(market.parameters.group_credit.get());
        Some(Self { group, side, credit, required, required_on_cash, earns, frozen: ended || !known })
    }
}

/// What a market pays profit from, in 2^-40 atoms.
pub fn cash(market: &Market) -> i128 {
    let ledger = &market.ledger;
    let pays_nobody = ledger.claims != ledger.claims_reserve || ledger.short != 0;
    if pays_nobody {
        0
    } else {
        i128::from(ledger.backing.get()) * X40_PER_ATOM
    }
}

/// What they require together: each group for the side that asks more, less its credit's part of what the other earns.
pub fn required(members: &[Member], of: impl Fn(&Member) -> i128) -> i128 {
    let mut groups: Vec<u32> = members.iter().map(|member| member.group).collect();
    groups.sort_unstable();
    groups.dedup();
    groups.into_iter().map(|group| asked(members, group, &of).into_iter().max().unwrap()).sum()
}

/// What the longs and the shorts of a group ask.
fn asked(members: &[Member], group: u32, of: &impl Fn(&Member) -> i128) -> [i128; 2] {
    let of_group = || members.iter().filter(move |member| member.group == group);
    let credit = of_group().map(|member| member.credit).min().unwrap_or(0);
    Side::BOTH.map(|side| {
        let required: i128 = of_group().filter(|member| member.side == side).map(of).sum();
        let earned: i128 = of_group().filter(|member| member.side != side).map(|member| member.earns).sum();
        (required - floor_div(earned * credit, PPM)).max(0)
    })
}

/// What the position's own side asks, the other one, and whether that one is frozen; none where the account is not on both sides of
/// the market's group.
pub fn sides(members: &[Member], position: &Position, market: &Market) -> Option<(i128, i128, bool)> {
    let (group, side) = (market.parameters.risk_group, position.size.side()?);
    let of_group = || members.iter().filter(move |member| member.group == group);
    let others = || of_group().filter(move |member| member.side != side);
    if others().map(|member| member.required).sum::<i128>() == 0 {
        return None;
    }
    let [long, short] = asked(members, group, &|member| member.required);
    let (own, other) = if side == Side::Long { (long, short) } else { (short, long) };
    Some((own, other, others().any(|member| member.frozen)))
}
