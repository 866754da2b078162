//! What happens, as it happens, over WebSocket.

use std::sync::Arc;

use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::State;
use axum::response::Response;
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};
use tokio::sync::broadcast::error::RecvError;
use utoipa::IntoParams;

use super::error::Problem;
use super::parameters::{Address, Asked, MarketName};
use super::select::Context;
use super::{orders, pool, trades, App};
use crate::follow::Step;

/// Rows of one kind that are told of at once. Who was not told of more can ask for them.
pub(super) const MOST: i64 = 5_000;
/// Connections at the same time.
const CONNECTIONS: usize = 1_000;
/// Nothing that is said to the server is longer, in bytes.
const LONGEST_MESSAGE: usize = 1_024;
/// Width of the candles that are told of, in seconds.
const WIDTH: i64 = 60;

/// The channel, which cannot be chosen, of how much was not told.
const MISSED: &str = "missed";
const CHANNELS: [&str; 6] = ["fills", "liquidations", "orders", "candles", "epochs", "rollbacks"];

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What it is: fills, liquidations, orders, candles, epochs or rollbacks.
    pub channel: &'static str,
    /// A row as the list of that name has it.
    pub data: Value,
    #[serde(skip)]
    market: Option<u16>,
    #[serde(skip)]
    accounts: Vec<String>,
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct Question {
    /// Which: some of fills, liquidations, orders, candles, epochs, rollbacks, separated by commas; all where none is named.
    channels: Option<String>,
    /// Only of this market: its index or symbol.
    #[param(inline)]
    market: Option<MarketName>,
    /// Only of this margin account.
    #[param(inline)]
    account: Option<Address>,
}

struct Wanted {
    channels: Vec<&'static str>,
    market: Option<u16>,
    account: Option<String>,
}

impl Wanted {
    fn has(&self, notice: &Notice) -> bool {
        let market = self.market.is_none() || notice.market.is_none() || self.market == notice.market;
        let account = self
            .account
            .as_ref()
            .is_none_or(|account| notice.channel == "rollbacks" || notice.accounts.contains(account));
        notice.channel == MISSED || self.channels.contains(&notice.channel) && market && account
    }
}

/// Rows as they come, over WebSocket: `{"channel": "fills", "data": {..}}`. `rollbacks` says from which slot on what was told is
/// no longer true. A reader that is too slow is told how many it has missed: `{"channel": "missed", "data": {"notices": 7}}`;
/// with `null` in place of the number where more happened at once than is told.
#[utoipa::path(get, path = "/v1/live", tag = "live", params(Question), responses(
    (status = 101, description = "The connection becomes a WebSocket"), (status = 400, body = Problem)
))]
pub(super) async fn live(
    State(app): State<App>,
    Asked(question): Asked<Question>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Problem> {
    let context = Context::load(&app, None).await?;
    let market = question.market.as_ref().map(|name| context.market(name).map(|row| row.market)).transpose()?;
    let channels = match &question.channels {
        None => CHANNELS.to_vec(),
        Some(names) => names.split(',').map(channel).collect::<Result<_, _>>()?,
    };
    let wanted = Wanted { channels, market, account: question.account.map(|account| account.0) };
    let upgrade = upgrade.map_err(|refusal| {
        Problem::parameter("upgrade", None, format!("a request that becomes a WebSocket: {refusal}"))
    })?;
    if app.notices.receiver_count() >= CONNECTIONS {
        return Err(Problem::busy("fewer connections at the same time: try again later"));
    }
    let upgrade = upgrade.max_message_size(LONGEST_MESSAGE).max_frame_size(LONGEST_MESSAGE);
    Ok(upgrade.on_upgrade(move |socket| tell(socket, app, wanted)))
}

fn channel(name: &str) -> Result<&'static str, Problem> {
    let known = CHANNELS.into_iter().find(|known| *known == name.trim());
    known.ok_or_else(|| {
        Problem::parameter("channels", Some(name), format!("some of {}, separated by commas", CHANNELS.join(", ")))
    })
}

async fn tell(mut socket: WebSocket, app: App, wanted: Wanted) {
    let mut notices = app.notices.subscribe();
    drop(app);
    loop {
        let text = tokio::select! {
            notice = notices.recv() => match notice {
                Ok(notice) if wanted.has(&notice) => json!(*notice).to_string(),
                Ok(_) => continue,
                Err(RecvError::Lagged(count)) => json!({"channel": MISSED, "data": {"notices": count}}).to_string(),
                Err(RecvError::Closed) => break,
            },
            heard = socket.recv() => match heard {
                // Pings are answered where they arrive.
                Some(Ok(message)) if !matches!(message, Message::Close(_)) => continue,
                _ => break,
            },
        };
        if socket.send(Message::text(text)).await.is_err() {
            break;
        }
    }
}

/// Tells everybody who listens what a step has found.
///
/// # Errors
/// Where the database does not answer.
pub async fn publish(app: &App, step: &Step) -> Result<(), Problem> {
    if app.notices.receiver_count() == 0 {
        return Ok(());
    }
    let mut told = Vec::new();
    if let Some((slot, events)) = step.removed {
        let data = json!({"from_slot": slot, "events": events});
        told.push(Notice { channel: "rollbacks", data, market: None, accounts: Vec::new() });
    }
    if let Some((first, last)) = step.places {
        told.extend(rows(app, first.number(), last.number()).await?);
    }
    for notice in told {
        // Who left meanwhile hears nothing.
        drop(app.notices.send(Arc::new(notice)));
    }
    Ok(())
}

/// What happened from one place to another.
async fn rows(app: &App, first: i64, last: i64) -> Result<Vec<Notice>, Problem> {
    let context = Context::load(app, None).await?;
    let fills = trades::fills_between(app, &context, first, last).await?;
    let liquidations = trades::liquidations_between(app, &context, first, last).await?;
    let orders = orders::orders_between(app, &context, first, last).await?;
    let epochs = pool::epochs_between(app, &context, first, last).await?;
    let markets: Vec<u16> = context.markets.keys().copied().collect();
    let mut candles = Vec::new();
    for market in markets {
        if let Some((_, newest)) = app.store.candle_range(market, WIDTH).await? {
            candles
                .extend(app.store.candles(market, WIDTH, newest, newest + WIDTH).await?.pop().map(|row| (market, row)));
        }
    }

    let index = |symbol: &str| context.markets.values().find(|row| row.symbol == symbol).map(|row| row.market);
    let mut told = Vec::new();
    if [fills.len(), liquidations.len(), orders.len(), epochs.len()]
        .into_iter()
        .any(|rows| rows as u64 > MOST.unsigned_abs())
    {
        told.push(Notice { channel: MISSED, data: json!({"notices": null}), market: None, accounts: Vec::new() });
    }
    for fill in fills {
        let (market, accounts) = (index(&fill.market), vec![fill.account.clone()]);
        told.push(Notice { channel: "fills", data: json!(fill), market, accounts });
    }
    for liquidation in liquidations {
        let accounts = vec![liquidation.account.clone(), liquidation.liquidator_account.clone()];
        let market = index(&liquidation.market);
        told.push(Notice { channel: "liquidations", data: json!(liquidation), market, accounts });
    }
    for order in orders {
        let (market, accounts) = (index(&order.market), vec![order.account.clone()]);
        told.push(Notice { channel: "orders", data: json!(order), market, accounts });
    }
    for epoch in epochs {
        told.push(Notice { channel: "epochs", data: json!(epoch), market: None, accounts: Vec::new() });
    }
    for (market, candle) in candles {
        let mut data = json!(super::candles::prices(&candle, &context.writing(market.into())));
        data["market"] = json!(context.symbol(market.into()));
        told.push(Notice { channel: "candles", data, market: Some(market), accounts: Vec::new() });
    }
    Ok(told)
}
