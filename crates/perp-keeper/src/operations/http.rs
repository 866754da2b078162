//! Metrics and readiness over HTTP.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;
use tracing::{info, warn};

use super::Operations;

/// Serves `/metrics`, `/healthz` and `/readyz` from a thread of its own, until the program ends.
///
/// # Errors
/// Why nobody can listen there, in words.
pub fn serve(listen: SocketAddr, operations: Arc<Operations>) -> Result<SocketAddr, String> {
    let failed = |error: std::io::Error| refusal(listen, &error);
    let listener = TcpListener::bind(listen).map_err(failed)?;
    listener.set_nonblocking(true).map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().map_err(failed)?;
    let serving = async move {
        let listener = tokio::net::TcpListener::from_std(listener)?;
        axum::serve(listener, router(operations)).await
    };
    let thread = std::thread::Builder::new().name("perp-metrics".into());
    let spawned = thread.spawn(move || {
        if let Err(error) = runtime.block_on(serving) {
            warn!(event = "not_serving", reason = %error);
        }
    });
    spawned.map_err(failed)?;
    info!(event = "serving", listen = %address);
    Ok(address)
}

/// Why nobody can listen there, with what to do.
fn refusal(listen: SocketAddr, error: &std::io::Error) -> String {
    let remedy = match error.kind() {
        ErrorKind::AddrInUse => "another program listens there, perhaps another keeper: give another port",
        ErrorKind::AddrNotAvailable => "this machine has no such address: give 127.0.0.1, 0.0.0.0 or one of its own",
        ErrorKind::PermissionDenied => "ports below 1024 are the system's: give a higher one",
        _ => "give another address",
    };
    format!("http.listen is {listen}, where nobody can listen ({error}): {remedy}")
}

/// The three pages.
pub fn router(operations: Arc<Operations>) -> Router {
    Router::new()
        .route("/metrics", get(metrics))
        .route("/healthz", get(alive))
        .route("/readyz", get(ready))
        .with_state(operations)
}

async fn metrics(State(operations): State<Arc<Operations>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, prometheus::TEXT_FORMAT)], operations.metrics_text())
}

async fn alive(State(operations): State<Arc<Operations>>) -> impl IntoResponse {
    let is_alive = operations.is_alive();
    (status(is_alive), Json(json!({ "alive": is_alive })))
}

async fn ready(State(operations): State<Arc<Operations>>) -> impl IntoResponse {
    let obstacles = operations.obstacles();
    (status(obstacles.is_empty()), Json(json!({ "ready": obstacles.is_empty(), "obstacles": obstacles })))
}

const fn status(is_good: bool) -> StatusCode {
    if is_good {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}
