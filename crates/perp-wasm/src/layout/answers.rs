use super::{structs, Wide};
use bytemuck::{Pod, Zeroable};

structs! {
    /// An account's equity and requirements, with all funding accrued.
    HealthView {
        equity: i64 "atoms" "Equity, rounded down.";
        maintenance_margin: u64 "atoms" "Margin demanded, lowered by what a market owes and cannot pay now, down to zero: liquidatable when equity is below.";
        cash_equity: i64 "atoms" "Equity with only cash counted.";
        cash_margin: u64 "atoms" "Margin demanded of that: below it somebody may be paid for settling its profits.";
        adverse_equity: i64 "atoms" "Equity at adverse prices, profit and claims not counted.";
        initial_margin: u64 "atoms" "What an increase and a withdrawal must leave of that.";
    }
    /// A position at its market's price, with funding accrued up to now. All zero without one.
    PositionView {
        market: u64 "number" "Index of the market.";
        size: i64 "base units" "Signed size; positive is long.";
        entry_price: u64 "price" "What a base unit was bought or sold for on average, rounded down; zero without a size.";
        price: u64 "price" "The market's price.";
        notional: u64 "atoms" "Notional at that price, rounded up.";
        profit: i64 "atoms" "Unrealized profit at that price, rounded down; funding is not in it.";
        funding_owed: i64 "atoms" "Funding owed and not settled; negative where it is to be received.";
        maintenance_margin: u64 "atoms" "Margin of the notional: maintenance.";
        initial_margin: u64 "atoms" "Margin of the notional: initial.";
        claim: u64 "atoms" "What the market owes of profits it could not pay.";
        claim_unfunded: u64 "atoms" "What of that no cash is set aside for.";
        debt: u64 "atoms" "What the account owes for its dealings there.";
        liquidation_price: u64 "price" "Price at which the account becomes liquidatable, all else as it is; zero where none does it.";
        distance: i64 "ppm" "How far that is from the market's price; below zero where it is lower.";
        realized: i64 "atoms" "Profit realized since the slot was taken.";
        funding: i64 "atoms" "Funding received since then; negative where paid.";
        fees: u64 "atoms" "Fees charged since then.";
        opened_at: i64 "unix time" "When the slot was taken.";
        reducible_from: u64 "slot" "Slot from which on its owner may reduce it.";
    }
    /// How an account stands, and its position in one market.
    StandingView {
        balance: u64 "atoms" "Cash.";
        health: HealthView "" "Equity and requirements.";
        notional: u64 "atoms" "Notional of all positions.";
        leverage: u64 "ppm" "That as a multiple of equity; 2^64 - 1 where equity is not above zero.";
        position: PositionView "" "The position in the market.";
    }
    /// A whole account.
    AccountView {
        balance: u64 "atoms" "Cash.";
        health: HealthView "" "Equity and requirements.";
        notional: u64 "atoms" "Notional of all positions.";
        leverage: u64 "ppm" "That as a multiple of equity; 2^64 - 1 where equity is not above zero.";
        free_collateral: i64 "atoms" "Adverse equity less initial margin.";
        is_liquidatable: u64 "flag" "1 where equity is below the maintenance margin.";
        largest_withdrawal: u64 "atoms" "The most that can be taken out now.";
        withdrawal_code: u64 "code" "The rule that keeps one atom more from it.";
        armed_until: i64 "unix time" "Until when nothing is withdrawn and no trade increases anything; zero for never.";
        positions: u64 "count" "Slots taken.";
    }
    /// What a market order would come to.
    TradeReceipt {
        size: i64 "base units" "What is filled.";
        closed: u64 "base units" "Size of the old position that is closed.";
        opened: u64 "base units" "Size that is opened.";
        index_price: u64 "price" "The market's price.";
        average_price: u64 "price" "What a base unit is bought or sold for on average, rounded down.";
        index_notional: Wide "2^-40 atoms" "Notional at the index.";
        notional: Wide "2^-40 atoms" "What it is bought or sold for.";
        spread: Wide "2^-40 atoms" "What the spread costs.";
        impact: Wide "2^-40 atoms" "What the impact costs.";
        fee: u64 "atoms" "The taker fee.";
        cost: u64 "atoms" "Spread, impact and fee together, rounded up.";
        cost_part: u64 "ppm" "That as a part of the notional at the index, rounded up.";
        realized: i64 "atoms" "Profit realized; negative for a loss.";
        funding: i64 "atoms" "Funding received on the way; negative where paid.";
        redeemed: u64 "atoms" "Claim paid out on the way.";
        repaid: u64 "atoms" "Debt paid.";
        admitted_equity: i64 "atoms" "What admitted it after the order: adverse equity where it increases, else equity.";
        admitted_margin: u64 "atoms" "Initial margin where it increases, else the margin of all notionals.";
        before: StandingView "" "How the account stands.";
        after: StandingView "" "How it stands after the order.";
    }
    /// The largest order that is filled.
    LargestOrder {
        size: i64 "base units" "Signed size; zero where none is filled.";
    }
    /// How an account stands before and after collateral moved.
    TransferView {
        balance: u64 "atoms" "Cash after it.";
        before: HealthView "" "Equity and requirements.";
        after: HealthView "" "The same after it.";
    }
    /// How both accounts stand after margin moved.
    MarginTransferView {
        from: TransferView "" "The account it leaves.";
        to: TransferView "" "The account it enters.";
    }
    /// What settling, redeeming or waiving would move.
    SettlementView {
        profit: i64 "atoms" "Profit turned into cash; negative for a loss.";
        moved: u64 "atoms" "Cash that moves between the account and the market's backing.";
        funding: i64 "atoms" "Funding received; negative where paid.";
        redeemed: u64 "atoms" "Claim paid out.";
        waived: u64 "atoms" "Claim given up.";
        repaid: u64 "atoms" "Debt paid.";
        before: StandingView "" "How the account stands.";
        after: StandingView "" "How it stands after it.";
    }
    /// What a market says of itself, with funding accrued up to now.
    MarketView {
        price: u64 "price" "Its valid price: the index.";
        confidence: u64 "price" "Half of the interval that the oracle claims.";
        published: i64 "unix time" "When that was published.";
        age: u64 "seconds" "How old that is.";
        status: u64 "0 active, 1 reduce-only, 2 paused" "What may be done now.";
        reduce_only_until: i64 "unix time" "Until when its own status only reduces; past or zero where it does not.";
        is_fresh: u64 "flag" "1 where it is a price of the last seconds.";
        is_dead: u64 "flag" "1 where it is held for dead, after an outage was reported.";
        outage_since: i64 "unix time" "When an outage was reported; zero while none is.";
        delisted_from: i64 "unix time" "When its delisting is due; zero while none is announced.";
        settled_at: i64 "unix time" "When it was moved to settlement; zero before.";
        spread: u64 "price" "Spread of one base unit.";
        funding_rate: i64 "2^-60 per second" "Funding now; positive where longs pay.";
        funding_rate_in_an_hour: i64 "2^-60 per second" "In an hour, if price and open interest stay.";
        funding_rate_in_a_day: i64 "2^-60 per second" "In a day.";
        long_interest: u64 "base units" "Open interest of longs.";
        short_interest: u64 "base units" "Open interest of shorts.";
        interest_cap: u64 "base units" "Most of a side.";
        skew: i64 "base units" "Long minus short.";
        backing: u64 "atoms" "Cash that stands behind it.";
        target_backing: u64 "atoms" "Where that is moved to.";
        insurance: u64 "atoms" "Its insurance.";
        claims: u64 "atoms" "What it owes closed positions.";
        claims_reserve: u64 "atoms" "What of that cash is set aside for.";
        debts: u64 "atoms" "What closed positions owe it.";
        is_short: u64 "flag" "1 where it could not pay everybody.";
        surplus: i64 "atoms" "Assets less liabilities.";
        stress_loss: u64 "atoms" "What it loses in a move by its stress move: it must cover that to open more.";
        gross_leverage: u64 "ppm" "Both sides over the backing; 2^64 - 1 without backing.";
        net_leverage: u64 "ppm" "The skew over the backing.";
        fast_volatility: u64 "ppm per root year" "Measured over minutes.";
        slow_volatility: u64 "ppm per root year" "Measured over tens of minutes.";
        initial_fraction: u64 "ppm" "Initial margin of the smallest position, of its notional.";
        maintenance_fraction: u64 "ppm" "Maintenance margin of the smallest position.";
        base_decimals: u64 "count" "One base unit is 10^-n of the asset.";
        quote_decimals: u64 "count" "One atom is 10^-n of the quote token.";
    }
    /// What placing and cancelling would come to.
    PlacementView {
        paid: u64 "lamports" "What the new orders hold.";
        returned: u64 "lamports" "What of cancelled ones goes home.";
        armed_until: i64 "unix time" "Until when the account withdraws and increases nothing; zero where nothing is armed at once.";
    }
    /// A resting order as it stands now.
    OrderView {
        place: u64 "number" "Its place.";
        number: u64 "number" "Which of the account's orders it is.";
        market: u64 "number" "Index of its market.";
        size: i64 "base units" "Signed size of one fill.";
        state: u64 "0 waiting, 1 met, 2 armed, 3 asleep, 4 dead, 5 refused" "What it waits for; 5 where a rule keeps it from being armed.";
        trigger: u64 "price" "The price at which it is met; zero by time, and while one that trails has no best price.";
        distance: i64 "ppm" "How far that is from the market's price; below zero where it is lower.";
        fills_from: i64 "unix time" "From when on a reading fills it, while it is armed.";
        fills_until: i64 "unix time" "Until when, while it is armed.";
        armed_size: u64 "base units" "The most that it reduces, while it is armed and reduce-only.";
        margin_held: u64 "atoms" "Margin it holds, while it is armed and may increase.";
        slices: u64 "count" "Fills that are left.";
        tip: u64 "lamports" "What whoever fills it gets.";
        code: u64 "code" "The rule that keeps it from being armed, where the state is 5.";
    }
    /// What whoever holds shares is exposed to. Items: markets.
    PoolView {
        lower: u64 "atoms" "What all shares are worth to whoever leaves.";
        upper: u64 "atoms" "To whoever enters.";
        unsettled: u64 "atoms" "What is won or lost and not settled.";
        shares: u64 "shares" "Shares there are.";
        cash: u64 "atoms" "Cash, which leavers are paid from.";
        placed: u64 "atoms" "Principal placed in markets.";
        entering: u64 "atoms" "Tokens that wait to enter.";
        leaving: u64 "shares" "Shares that wait to leave.";
        boundary: i64 "unix time" "The boundary that the exchange waits for; zero for none.";
        last_boundary: i64 "unix time" "The last that was closed.";
        last_upper: u64 "atoms" "The cash there was then.";
        last_shares: u64 "shares" "The shares there were then.";
        markets: u64 "count" "Markets that follow.";
    }
    /// What the pool is exposed to in a market.
    ExposureView {
        market: u64 "number" "Index of the market.";
        lower: u64 "atoms" "What it is worth to whoever leaves.";
        upper: u64 "atoms" "To whoever enters.";
        unsettled: u64 "atoms" "What is won or lost there and not settled.";
        placed: u64 "atoms" "Principal placed there.";
        backing: u64 "atoms" "Cash there, all of which the pool can lose.";
        delta: i64 "base units" "How much of the asset the pool holds by being the other side.";
        delta_notional: i64 "atoms" "That at the market's price.";
        stress_loss: u64 "atoms" "What it loses in a move by the stress move against it.";
        earned: Wide "2^-40 atoms" "What liquidity has earned there since it was listed.";
    }
    /// What a request for liquidity would pay and get.
    RequestView {
        boundary: i64 "unix time" "The first boundary that it can belong to.";
        lamports: u64 "lamports" "What it pays for the boundary; what is left comes back.";
        shares: u64 "shares" "Shares that it gets if it is served alone, at what the pool is worth now.";
        tokens: u64 "atoms" "Tokens that it gets then.";
        rest: u64 "shares" "What waits for another boundary for want of cash.";
    }
    /// A market's price changed, for one account.
    RungView {
        change: i64 "ppm" "Change of the price.";
        price: u64 "price" "The price.";
        profit: i64 "atoms" "Profit of the position at that price, less the funding it owes.";
        equity: i64 "atoms" "Equity.";
        maintenance_margin: u64 "atoms" "Margin demanded: liquidatable when equity is below.";
    }
    /// A market's price changed, for all accounts.
    CascadeView {
        change: i64 "ppm" "Change of the price.";
        price: u64 "price" "The price.";
        accounts: u64 "count" "Accounts with a position there that become liquidatable.";
        long_interest: u64 "base units" "Open interest of longs that they hold there.";
        short_interest: u64 "base units" "Open interest of shorts that they hold there.";
    }
    /// A size, what it loses at its stop, and what of that are costs.
    RiskView {
        size: i64 "base units" "Signed size; zero where even one base unit loses more.";
        loss: u64 "atoms" "What it loses, costs of both orders in it.";
        costs: u64 "atoms" "Spread, impact and fee of both orders.";
    }
    /// A size without a sign.
    SizeView {
        size: u64 "base units" "The size.";
    }
    /// A price.
    PriceView {
        price: u64 "price" "The price.";
    }
    /// The leverage that an edge bears, positive for long.
    KellyView {
        full: i64 "ppm" "The leverage that grows equity fastest if the edge were known.";
        low: i64 "ppm" "For an edge one standard error lower.";
        high: i64 "ppm" "For an edge one standard error higher.";
        shrinkage: u64 "ppm" "What is left of it because the edge is estimated.";
        leverage: i64 "ppm" "What is advised.";
        growth: i64 "ppm per year" "What equity then grows by if the edge is as estimated.";
    }
    /// What candles tell.
    HistoryView {
        adverse: u64 "ppm" "The furthest that the price went against the side within the holding.";
        volatility: u64 "ppm per root year" "Volatility from close to close.";
    }
    /// What a position pays until some time from now.
    HoldingView {
        seconds: u64 "seconds" "Seconds from now.";
        cost: i64 "atoms" "Funding and carry; negative where it receives.";
        break_even: i64 "ppm" "What the price must move in its favor to make up for that.";
        funding_rate: i64 "2^-60 per second" "The funding rate then; positive where longs pay.";
    }
    /// Everybody's positions over what stands behind them.
    SystemView {
        traders_notional: u64 "atoms" "All open interest.";
        traders_equity: i64 "atoms" "Equity of the accounts loaded, where it is positive.";
        traders_leverage: u64 "ppm" "One over the other.";
        pool_notional: u64 "atoms" "The skews of all markets, without their signs.";
        pool_value: i64 "atoms" "The pool's value to whoever leaves.";
        pool_leverage: u64 "ppm" "One over the other.";
    }
    /// What an answer says in place of the structs when it is refused.
    Refusal {
        code: u64 "code" "The rule's code, where the status is 1; else zero.";
        first: u64 "" "The first of its numbers, in the order in which they are listed.";
        second: u64 "" "The second.";
        third: u64 "" "The third.";
    }
}
