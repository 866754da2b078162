//! The process: follows, looks for what is missing, compares, answers, and ends when it is told to.

use std::future::Future;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Context;
use solana_commitment_config::CommitmentConfig;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::api::{publish, router, App};
use crate::chain::{Chain, ChainError};
use crate::check::{check, Report};
use crate::config::Options;
use crate::follow::{FollowError, Follower};
use crate::store::{Store, Writer};

/// The longest wait after failures that follow each other.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Connects to chain and database. Both must be of the same exchange, and the node must know it.
///
/// # Errors
/// Where either does not answer or is of another exchange.
pub async fn connect(options: &Options) -> anyhow::Result<Follower> {
    let store = Store::open(&options.database).await?;
    let chain = Chain::new(&options.rpc_url, options.timeout());
    let known = store.scope().await?;
    let exchange = options.exchange.or(known.map(|scope| scope.exchange));
    let exchange = exchange.context("no exchange is named and the database knows none: name one with --exchange")?;
    let writer = match (chain.exchange(exchange).await, known) {
        (Ok((scope, markets)), _) => {
            let writer = Writer::new(store, scope).await?;
            writer.store().note_markets(&markets).await?;
            writer
        }
        // The past can be told while the node is away.
        (Err(error @ ChainError::Rpc { .. }), Some(scope)) if scope.exchange == exchange => {
            warn!(%error, "the node does not answer; what the database has is told meanwhile");
            Writer::new(store, scope).await?
        }
        (Err(error), _) => return Err(error.into()),
    };
    Ok(Follower::new(chain, writer, options.pace()))
}

/// Takes in everything there is, and looks for what is missing.
///
/// # Errors
/// [`FollowError`].
pub async fn catch_up(follower: &mut Follower) -> Result<(), FollowError> {
    loop {
        let step = follower.step().await?;
        let filled = follower.fill(step.finalized, now()).await?;
        info!(tip = step.tip, finalized = step.finalized, events = step.events, found = filled.events, "caught up");
        match (step.more, step.waits_for) {
            (true, _) => continue,
            (false, None) => return Ok(()),
            (false, Some(_)) => {}
        }
        tokio::time::sleep(follower.pace.interval).await;
    }
}

/// Compares the database with the chain, and what differs once more after taking in what happened meanwhile, since between
/// reading the one and the other the chain goes on. Newest events that are still missing are looked for.
///
/// # Errors
/// Where either does not answer.
pub async fn check_twice(follower: &mut Follower) -> anyhow::Result<Report> {
    let report = check(follower.chain(), follower.writer().store()).await?;
    if report.is_clean() {
        return Ok(report);
    }
    catch_up(follower).await?;
    let report = check(follower.chain(), follower.writer().store()).await?;
    let finalized = follower.chain().slot(CommitmentConfig::finalized()).await?;
    if follower.fill_ends(&report.behind, finalized).await? == 0 {
        return Ok(report);
    }
    Ok(check(follower.chain(), follower.writer().store()).await?)
}

/// Follows and answers until it is told to end.
///
/// # Errors
/// Where the address cannot be listened on, or the answers end by themselves.
pub async fn serve(follower: Follower, options: &Options, end: CancellationToken) -> anyhow::Result<()> {
    // Connections of their own, so that questions never keep the follower waiting.
    let app = App::new(Store::open(&options.database).await?, options.late_after);
    let listener = TcpListener::bind(options.listen)
        .await
        .with_context(|| format!("cannot listen on {}: choose another address with --listen", options.listen))?;
    info!(address = %listener.local_addr()?, exchange = %follower.writer().scope().exchange, "answering");
    let following = end.run_until_cancelled(follow(follower, app.clone(), options.clone()));
    let answering = async {
        let ended =
            axum::serve(listener, router(app.clone())).with_graceful_shutdown(end.clone().cancelled_owned()).await;
        end.cancel();
        ended
    };
    let (_, answered) = tokio::join!(following, answering);
    app.store.close().await;
    info!("ended");
    Ok(answered?)
}

/// Follows for ever. Whatever fails is tried again.
async fn follow(mut follower: Follower, app: App, options: Options) {
    let interval = Duration::from_millis(options.interval);
    let mut failures = 0_u32;
    let mut compared = Instant::now();
    let mut is_first = true;
    loop {
        match advance(&mut follower, &app).await {
            Ok(more) => {
                failures = 0;
                app.note(|progress| progress.error = None);
                if more {
                    continue;
                }
                let due = options.check_interval > 0
                    && (is_first || compared.elapsed() >= Duration::from_secs(options.check_interval));
                if due {
                    (is_first, compared) = (false, Instant::now());
                    compare(&mut follower, &app).await;
                }
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                warn!(%error, failures, "a step failed and is tried again");
                app.note(|progress| progress.error = Some(error.to_string()));
            }
        }
        let wait = interval.saturating_mul(1 << failures.min(16)).min(LONGEST_WAIT.max(interval));
        tokio::time::sleep(wait).await;
    }
}

/// A step. Returns whether there is more to take in at once.
async fn advance(follower: &mut Follower, app: &App) -> Result<bool, FollowError> {
    let step = follower.step().await?;
    if let Some((slot, events)) = step.removed {
        warn!(slot, events, "the chain abandoned slots; what happened in them was removed");
    }
    if step.events > 0 {
        info!(tip = step.tip, finalized = step.finalized, blocks = step.blocks, events = step.events, "taken in");
    }
    app.note(|progress| progress.step = Some((step, Instant::now())));
    if let Err(problem) = publish(app, &step).await {
        warn!(problem = %problem.expected, "what was taken in could not be told");
    }
    let filled = follower.fill(step.finalized, now()).await?;
    if filled.gaps > 0 {
        warn!(gaps = filled.gaps, found = filled.events, "events were missing");
    }
    Ok(step.more)
}

async fn compare(follower: &mut Follower, app: &App) {
    match check_twice(follower).await {
        Ok(report) => {
            tell(&report);
            app.note(|progress| progress.check = Some((now(), report)));
        }
        Err(error) => warn!(%error, "the database could not be compared with the chain"),
    }
}

/// Says in the log what a comparison has found.
pub fn tell(report: &Report) {
    for behind in &report.behind {
        let (subject, chain, newest) = (&behind.subject, behind.chain, behind.newest);
        warn!(subject, chain, newest, "the newest events are missing");
    }
    for found in &report.differences {
        let (chain, database, difference) = (&found.chain, &found.database, &found.difference);
        let (subject, counter) = (&found.subject, &found.counter);
        warn!(subject, counter, chain, database, difference, "a counter differs from the chain's");
    }
    info!(compared = report.compared, behind = report.behind.len(), differences = report.differences.len(), "compared");
}

/// Ends when the process is told to.
///
/// # Errors
/// Where the signals cannot be listened to.
pub fn signals() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{signal, SignalKind};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// The present, in Unix seconds.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}
