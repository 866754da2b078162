use super::structs;
use bytemuck::{Pod, Zeroable};

structs! {
    /// One margin account.
    OfAccount {
        account: u64 "number" "The margin account's number, as it was loaded.";
    }
    /// One market.
    OfMarket {
        market: u64 "number" "The market's index.";
    }
    /// One margin account in one market.
    OfPosition {
        account: u64 "number" "The margin account's number.";
        market: u64 "number" "The market's index.";
    }
    /// A market order.
    Trade {
        account: u64 "number" "The margin account's number.";
        market: u64 "number" "The market's index.";
        size: i64 "base units" "Signed size; positive buys.";
        acceptable_price: u64 "price" "Worst acceptable average price; 2^64 - 1 accepts any for a buy, 1 for a sale.";
        reduce_only: u64 "flag" "1 where it shrinks to the position and never opens one.";
    }
    /// One side of a market, for an account.
    OfSide {
        account: u64 "number" "The margin account's number.";
        market: u64 "number" "The market's index.";
        side: u64 "0 long, 1 short" "The side of the order.";
    }
    /// Collateral in or out.
    Transfer {
        account: u64 "number" "The margin account's number.";
        amount: u64 "atoms" "How much.";
    }
    /// Margin from one account to another of the same owner: a withdrawal and a deposit in one transaction.
    MarginTransfer {
        from: u64 "number" "The margin account it leaves.";
        to: u64 "number" "The margin account it enters.";
        amount: u64 "atoms" "How much.";
    }
    /// Orders cancelled and placed in one market, all of them or none. Items: the new orders.
    Placement {
        account: u64 "number" "The margin account's number; its orders are loaded, or none rest.";
        market: u64 "number" "The market's index.";
        cancel: u64 "bits" "Places of orders to cancel: bit 0 for place 0.";
    }
    /// A new order.
    PlacedOrder {
        size: i64 "base units" "Signed size of one fill; positive buys.";
        trigger: u64 "0 at a time, 1 at or above, 2 at or below" "When it is to fill.";
        trigger_price: u64 "price" "The price that meets it; zero by time, and for one that trails.";
        trailing: u64 "ppm" "Distance from the best price of an order that trails; zero for every other.";
        acceptable_price: u64 "price" "Worst acceptable average price.";
        reduce_only: u64 "flag" "1 where it only reduces the position.";
        active_from: i64 "unix time" "From when on it may be met; what is past stands for now.";
        expires: i64 "unix time" "After this it is no longer armed; zero for never.";
        slices: u64 "count" "Fills: 1, or more by time.";
        seconds_between: u64 "seconds" "From one fill to the next; zero for a single one.";
        group: u64 "number" "A fill cancels the account's other orders with this number; zero for none.";
        parent: u64 "count" "Which of the orders placed before it in the same question it sleeps for, counted from 1; zero for none.";
        lamports: u64 "lamports" "For whoever fills it.";
    }
    /// A request for liquidity.
    OfRequest {
        kind: u64 "0 deposit, 1 withdrawal" "What it asks for.";
        amount: u64 "atoms or shares" "Tokens that enter, or shares that leave.";
        owned: u64 "shares" "Shares that the provider has; not read of a deposit.";
        limit: u64 "number" "Price limit: 0 for any price, 1 to 4 for one, two, five or ten percent.";
    }
    /// Changes of a market's price for one account. Items: changes in ppm; -30 % to +30 % in steps of five where there are none.
    Ladder {
        account: u64 "number" "The margin account's number.";
        market: u64 "number" "The market's index.";
    }
    /// Changes of a market's price for all accounts loaded. Items: changes in ppm, as of a ladder.
    Cascade {
        market: u64 "number" "The market's index.";
    }
    /// A change of a price.
    Change {
        change: i64 "ppm" "Change of the price.";
    }
    /// The largest position that loses no more than an amount at its stop.
    RiskToStop {
        market: u64 "number" "The market's index.";
        side: u64 "0 long, 1 short" "The side of the position.";
        stop: u64 "price" "Where it is closed.";
        risk: u64 "atoms" "The most that it may lose.";
    }
    /// A position whose moves make the equity's volatility.
    VolatilityTarget {
        equity: i64 "atoms" "Equity.";
        price: u64 "price" "The market's price.";
        volatility: u64 "ppm per root year" "Volatility of the price.";
        target: u64 "ppm per root year" "Volatility wanted of the equity.";
    }
    /// An edge and the fraction of its Kelly leverage that is taken.
    OfEdge {
        mean: i64 "ppm per year" "What a long position of one is expected to gain, costs taken off.";
        volatility: u64 "ppm per root year" "Volatility of the price.";
        days: u64 "days" "Days of observation that the mean was estimated from.";
        fraction: u64 "ppm" "The fraction that is taken; at most 1 000 000.";
    }
    /// A position whose notional is a multiple of the equity.
    OfLeverage {
        equity: i64 "atoms" "Equity.";
        price: u64 "price" "The market's price.";
        leverage: u64 "ppm" "Notional as a multiple of the equity.";
    }
    /// The largest order that survives an adverse move.
    Survival {
        account: u64 "number" "The margin account's number.";
        market: u64 "number" "The market's index.";
        side: u64 "0 long, 1 short" "The side of the order.";
        adverse: u64 "ppm" "The move against it.";
    }
    /// What candles tell. Items: candles in the order of time, without gaps.
    History {
        side: u64 "0 long, 1 short" "The side of the position.";
        holding: u64 "count" "Candles for which it is held.";
        interval: u64 "seconds" "Seconds of a candle.";
    }
    /// The prices of one interval.
    PriceCandle {
        open: u64 "price" "The first.";
        high: u64 "price" "The highest.";
        low: u64 "price" "The lowest.";
        close: u64 "price" "The last.";
    }
    /// What a position costs while it is held. Items: times from now.
    Holding {
        market: u64 "number" "The market's index.";
        size: i64 "base units" "Signed size of the position.";
    }
    /// A time from now.
    Ahead {
        seconds: u64 "seconds" "Seconds from now; they rise.";
    }
    /// A price and how much worse an order may be filled.
    Tolerance {
        price: u64 "price" "The price it is measured from.";
        side: u64 "0 long, 1 short" "The side of the order: long buys.";
        tolerance: u64 "ppm" "How much worse it may be.";
    }
    /// A part of a size.
    PartOfSize {
        size: u64 "base units" "The size, without a sign.";
        part: u64 "count" "So many parts: a share in ppm, or one slice.";
        whole: u64 "count" "Of so many: a million, or all slices.";
    }
    /// Evenly spaced prices.
    PriceSteps {
        first: u64 "price" "The first.";
        last: u64 "price" "The last.";
        steps: u64 "count" "How many, both ends among them; at most 255.";
    }
    /// Nothing more.
    Nothing {}
}
