//! Every instruction by itself, one file each, filed as in the program: what it does to the accounts, to the atom; its
//! event, field by field; and what it refuses, changing nothing. On the compiled binary: native programs emit no
//! events, and the stories show that both do the same to the byte.
//!
//! Who attacks an instruction, with forged accounts, foreign signatures or numbers without measure, does so in
//! `attacks`.

mod exchange {
    mod accept_admin;
    mod create_exchange;
    mod propose_admin;
    mod set_exchange_status;
    mod set_roles;
}

mod market {
    mod begin_settlement;
    mod create_market;
    mod delist_market;
    mod fund_claims;
    mod fund_insurance;
    mod report_oracle_outage;
    mod set_backing_target;
    mod set_market_status;
    mod update_funding;
    mod update_prices;
    mod update_second_price;
    mod withdraw_protocol_fees;
}

mod account {
    mod close_account;
    mod deposit;
    mod open_account;
    mod set_delegate;
    mod withdraw;
}

mod position {
    mod liquidate;
    mod liquidate_if_due;
    mod redeem_claim;
    mod resolve_bankruptcy;
    mod settle_funding;
    mod settle_pnl;
    mod trade;
    mod waive_claim;
}

mod orders {
    mod arm_order;
    mod arm_order_if_due;
    mod close_orders;
    mod execute_order;
    mod execute_order_if_due;
    mod open_orders;
    mod place_orders;
    mod sweep_order;
}

mod liquidity {
    mod allocate_backing;
    mod close_epoch;
    mod pay_liquidity_request;
    mod request_liquidity_deposit;
    mod request_liquidity_withdrawal;
    mod value_market;
}

mod views {
    mod attest_solvency;
    mod view_funding;
    mod view_health;
    mod view_liquidation_price;
    mod view_market;
    mod view_position;
    mod view_trade;
}

/// What holds for every instruction: one file each, and no byte after the arguments.
mod every;
mod expected;
