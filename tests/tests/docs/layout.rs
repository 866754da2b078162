//! The layout that `docs/accounts.md` has from the interface file is the compiler's own.

use bytemuck::Zeroable;
use perp_accounts::oracle::OracleBinding;
use perp_accounts::{EpochRecord, Exchange, LiquidityRequest, MarginAccount, Market, Orders, Pool};
use perp_engine::state;
use perp_tests::idl::{idl, items, name};
use perp_tests::pages::layout::Types;
use std::collections::BTreeSet;
use std::mem::{offset_of, size_of, size_of_val};

/// Name, offset and size of a field.
type Place = (String, usize, usize);

/// A struct as the compiler lays it out.
struct Compiled {
    /// Its name in the interface file.
    name: &'static str,
    size: usize,
    fields: Vec<Place>,
}

macro_rules! compiled {
    ($($name:literal $type:ty: $($field:ident)+;)+) => {
        vec![$({
            let value = <$type>::zeroed();
            let fields =
                vec![$((stringify!($field).to_owned(), offset_of!($type, $field), size_of_val(&value.$field))),+];
            Compiled { name: $name, size: size_of::<$type>(), fields }
        }),+]
    };
}

/// Every struct that lies in an account.
fn structs() -> Vec<Compiled> {
    compiled! {
        "Exchange" Exchange: creator name quote_mint vault token_program share_mint share_escrow pool admin
            pending_admin risk_admin guardian state market_count quote_decimals bump version padding reserved;
        "ExchangeState" state::ExchangeState: pause pause_began reduce_only boundary sequence reserved;
        "Restriction" state::Restriction: until allowance;
        "Allowance" state::Allowance: spent spent_at;
        "Pool" Pool: exchange state queue bump version padding reserved;
        "PoolState" state::Pool: cash placed insurance escrow payable settling shares sequence parameters shared_draw
            epoch last reserved;
        "Queue" state::Queue: waiting rest;
        "Waiting" state::Waiting: boundary lamports deposits withdrawals;
        "RequestSums" state::RequestSums: amounts requests padding;
        "Epoch" state::Epoch: cash lower upper unsettled markets valued padding waiting;
        "LastEpoch" state::LastEpoch: boundary upper shares;
        "PoolParameters" state::PoolParameters: minimum_request epoch_seconds deposit_notice withdrawal_notice
            queue_fee hysteresis shared_draw_share shared_draw_window padding reserved;
        "Market" Market: exchange oracle second_oracle state symbol bump version padding reserved;
        "OracleBinding" OracleBinding: program account feed_id kind padding reserved;
        "MarketState" state::Market: price recent second_price averages grace settlement ledger at_boundary
            parameters target_backing reduce_only sequence index base_decimals quote_decimals padding reserved;
        "BoundaryLedger" state::BoundaryLedger: boundary valued reading price second_price averages ledger;
        "BoundaryReading" state::BoundaryReading: price confidence published previous;
        "PriceCache" state::PriceCache: price confidence published newest_published outage_since
            clock_distrusted_until reserved;
        "SecondPrice" state::SecondPrice: price confidence published;
        "RecentPrices" state::RecentPrices: seconds;
        "Second" state::Second: low high published;
        "PriceAverages" state::PriceAverages: fast_average settlement_average drift sample_price sample_high
            sample_low sampled_at fast_variance slow_variance fast_volatility slow_volatility measured_margin reserved;
        "Grace" state::Grace: price_before silent_since pause_began until allowance seen_at seen_slot;
        "Settlement" state::Settlement: delisted_from moved_at outage_since price;
        "MarketLedger" state::MarketLedger: sides funding_rate funding_time funding_fraction backing net_principal
            claims claims_reserve claim_factor debts insurance protocol_fees written_off shared_drawn claim_round
            short padding counters positions_opened reserved;
        "SideTotals" state::SideTotals: open_interest entry_notional funding_index funding_checkpoint carry_fraction
            deleveraging_round padding mean_interest reserved;
        "SharedDraw" state::SharedDraw: window_start insurance_at_start drawn;
        "MarketCounters" state::MarketCounters: volume liquidated spread impact funding carry traders_result fees
            protocol_fees penalties penalties_to_insurance bounties trades liquidations reserved;
        "Parameters" state::Parameters: open_interest_cap impact_scale open_interest_low open_interest_high
            size_premium funding_velocity funding_rate_cap carry_rate carry_surge minimum_position minimum_bounty
            shared_draw_limit base_margin maintenance_fraction volatility_margin measured_weight measured_limit
            ramp_up ramp_down max_price_step penalty bounty_share_min bounty_share_max backing_share
            liquidation_buffer impact_limit taker_fee taker_fee_rebalancing protocol_share spread_confidence
            spread_volatility spread_measured spread_drift volatility max_confidence_to_increase max_confidence_valid
            stress_move backing_cap max_accrual_seconds max_age_trade max_age_liquidate max_age_funding
            future_tolerance settle_after isolated_only outage_delay second_max_deviation
            second_max_age risk_group group_credit group_divergence reserved;
        "MarginAccount" MarginAccount: exchange owner delegate state sub_account bump version padding reserved;
        "MarginAccountState" state::Account: balance kind orders_open padding isolated_market sequence counters armed_until reserved
            positions;
        "AccountCounters" state::AccountCounters: deposited withdrawn realized funding fees penalties bounties;
        "Position" state::Position: size entry_notional funding_index claim claim_factor debt last_increase_slot
            claim_round deleveraging_round opened_at realized funding fees market occupied padding settlement_paid_at
            recoverable number reserved;
        "Orders" Orders: exchange margin_account state bump version padding reserved;
        "OrderBook" state::OrderBook: orders sequence reserved;
        "RestingOrder" state::RestingOrder: size trigger_price acceptable_price best best_published active_from expires
            position fills_from armed_size margin_held lamports number trailing seconds_between slices market trigger
            reduce_only group parent reserved;
        "LiquidityRequest" LiquidityRequest: exchange owner state nonce kind bump version padding reserved;
        "LiquidityRequestState" state::Request: amount belongs_from limit padding reserved;
        "EpochRecord" EpochRecord: exchange state bump version padding reserved;
        "ClosedEpoch" state::ClosedEpoch: previous boundary rest_belongs_from lower upper shares deposited issued leaving
            redeemed paid payable lamports_each requests deposits_accepted withdrawals_accepted padding;
    }
}

#[test]
fn every_struct_in_an_account_lies_as_the_compiler_has_it() {
    let idl = idl();
    let types = Types::new(&idl);
    for compiled in structs() {
        let described: Vec<Place> =
            types.fields(compiled.name).into_iter().map(|field| (field.name, field.offset, field.size)).collect();
        assert_eq!(described, compiled.fields, "{}", compiled.name);
        let end = compiled.fields.last().map(|(_, offset, size)| offset + size);
        assert_eq!(end, Some(compiled.size), "the compiler puts bytes behind the last field of {}", compiled.name);
    }
}

#[test]
fn no_struct_of_an_account_is_left_out_here() {
    let idl = idl();
    let packed = items(&idl, "types").iter().filter(|definition| definition["serialization"] == "bytemuck");
    let described: BTreeSet<&str> = packed.map(name).collect();
    let compared: BTreeSet<&str> = structs().iter().map(|compiled| compiled.name).collect();
    assert_eq!(described, compared);
}
