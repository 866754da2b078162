//! What programs and people ask over HTTP and WebSocket.

mod accounts;
mod answer;
mod candles;
mod error;
mod health;
mod leaderboard;
mod live;
mod markets;
mod numbers;
mod orders;
mod parameters;
mod pool;
mod select;
mod trades;

use std::sync::{Arc, RwLock};
use std::time::Instant;

use axum::extract::State;
use axum::middleware::from_fn;
use axum::routing::get;
use axum::{Json, Router};
use tokio::sync::broadcast;
use tower_http::cors::CorsLayer;
use tower_http::trace::TraceLayer;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::check::Report;
use crate::follow::Step;
use crate::store::Store;

pub use live::{publish, Notice};

/// Notices kept for a reader that is slow; a slower one is told how many it has missed.
const NOTICES: usize = 4_096;

/// How the follower fares.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// Its last complete step, and when that was.
    pub step: Option<(Step, Instant)>,
    /// What the last attempt failed with; none where it went well.
    pub error: Option<String>,
    /// The last comparison with the chain, and when that was in Unix seconds.
    pub check: Option<(i64, Report)>,
}

/// What the answers are made from.
#[derive(Clone)]
pub struct App {
    /// The database.
    pub store: Store,
    /// How the follower fares.
    pub progress: Arc<RwLock<Progress>>,
    /// What happens, as it happens.
    pub notices: broadcast::Sender<Arc<Notice>>,
    /// The follower is late where its last step is older, in seconds.
    pub late_after: u64,
}

impl App {
    /// Answers from that database.
    pub fn new(store: Store, late_after: u64) -> Self {
        let (notices, _) = broadcast::channel(NOTICES);
        Self { store, progress: Arc::default(), notices, late_after }
    }

    /// Notes how the follower fares.
    pub fn note(&self, change: impl FnOnce(&mut Progress)) {
        // Whoever panicked while writing has written whole values all the same.
        change(&mut self.progress.write().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    fn progress(&self) -> Progress {
        self.progress.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }
}

fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(markets::list))
        .routes(routes!(candles::candles))
        .routes(routes!(candles::funding))
        .routes(routes!(candles::open_interest))
        .routes(routes!(trades::fills))
        .routes(routes!(trades::liquidations))
        .routes(routes!(orders::orders))
        .routes(routes!(accounts::accounts))
        .routes(routes!(accounts::positions))
        .routes(routes!(accounts::transfers))
        .routes(routes!(leaderboard::leaderboard))
        .routes(routes!(pool::epochs))
        .routes(routes!(pool::liquidity))
        .routes(routes!(health::status))
        .routes(routes!(health::gaps))
        .routes(routes!(health::check))
        .routes(routes!(live::live))
        .routes(routes!(health::healthz))
        .routes(routes!(health::readyz))
}

/// The description of everything that can be asked.
pub fn description() -> OpenApi {
    let mut description = routes().into_openapi();
    description.info.title = "perp-indexer".into();
    description.info.description = Some(
        "The past of the exchange. Numbers are text, so that none is rounded on its way: as on chain (atoms, base units, \
         prices in 2^-40 atoms per base unit, exact amounts in 2^-40 atoms), or with `numbers=decimal` in quote tokens and \
         whole units of the asset. Lists begin with the newest; `next` is the `cursor` of what follows, in CSV the header \
         `x-next-cursor`. Rows that are not `finalized` can still go."
            .into(),
    );
    description.info.version = env!("CARGO_PKG_VERSION").into();
    description
}

/// Everything that can be asked.
pub fn router(app: App) -> Router {
    let (router, _) = routes().split_for_parts();
    let router = router.route("/openapi.json", get(|State(_): State<App>| async { Json(description()) }));
    router
        .fallback(error::no_such_path)
        .method_not_allowed_fallback(error::no_such_method)
        .with_state(app)
        .layer(from_fn(error::in_time))
        .layer(CorsLayer::permissive().expose_headers([answer::NEXT]))
        .layer(TraceLayer::new_for_http())
}
