//! The database: SQLite or PostgreSQL, by the same statements.

mod account;
mod amend;
mod append;
mod blocks;
mod candles;
mod checkpoints;
mod gaps;
mod life;
mod lives;
mod markets;
mod order;
mod orders;
mod positions;
mod rebuild;
mod remove;
mod rows;
mod scope;
mod streams;
mod tables;

use std::time::Duration;

use sqlx::any::{install_default_drivers, AnyPoolOptions};
use sqlx::migrate::Migrator;
use sqlx::{AnyConnection, AnyPool, Row};
use thiserror::Error;

use crate::place::NoPlace;

pub use amend::Late;
pub use append::{Appended, Block, Taken, Writer};
pub use blocks::{Anchor, Pending};
pub use candles::{Candle, Moment, CANDLE_WIDTHS, STORED_WIDTHS};
pub use gaps::{Gap, Known, Located};
pub use life::AccountCounters;
pub use lives::{Difference, LifeRow};
pub use markets::MarketTotals;
pub use order::OrderState;
pub use scope::{MarketRow, Scope};
pub use streams::StreamState;

static MIGRATIONS: Migrator = sqlx::migrate!();

/// Connections to a database; SQLite has one writer at a time, whatever this is.
const CONNECTIONS: u32 = 8;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Why the database does not serve.
#[derive(Debug, Error)]
pub enum StoreError {
    /// The URL names no database that is known here.
    #[error("\"{url}\" names no database: expected sqlite:<file> or postgres://<user>@<host>/<database>")]
    Url {
        /// What was given, without user and password.
        url: String,
    },
    /// It does not answer as expected.
    #[error("the database: {0}")]
    Database(#[from] sqlx::Error),
    /// Its tables cannot be brought up to date.
    #[error("the database's tables cannot be brought up to date: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// A number is too large for where it belongs.
    #[error(transparent)]
    Place(#[from] NoPlace),
    /// Another process has written the same database meanwhile.
    #[error("another process writes the same database: what was about to be written is read again")]
    Overtaken,
    /// Something is stored that nothing here has written.
    #[error("the database holds {what} \"{found}\", which this program has not written: was it changed by hand?")]
    Foreign {
        /// What it should be.
        what: &'static str,
        /// What it is.
        found: String,
    },
    /// It belongs to another exchange.
    #[error("the database is of {what} {stored}, not of {asked}: name another database with --database")]
    OtherExchange {
        /// Which fact differs.
        what: String,
        /// What the database is of.
        stored: String,
        /// What was asked for.
        asked: String,
    },
}

/// A connection pool to the database, whose tables are up to date.
#[derive(Clone, Debug)]
pub struct Store {
    pool: AnyPool,
}

impl Store {
    /// Connects, creates the file of a SQLite database that does not exist yet, and brings the tables up to date.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        install_default_drivers();
        let is_sqlite = url.starts_with("sqlite:");
        let is_known = is_sqlite || url.starts_with("postgres:") || url.starts_with("postgresql:");
        // Each connection to a database in memory would have one of its own.
        if !is_known || (is_sqlite && url.contains(":memory:")) {
            return Err(StoreError::Url { url: without_user(url) });
        }
        let url = match url.contains('?') {
            false if is_sqlite => format!("{url}?mode=rwc"),
            _ => url.into(),
        };
        let options = AnyPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(ACQUIRE_TIMEOUT);
        let pool =
            options.after_connect(move |connection, _| Box::pin(prepare(connection, is_sqlite))).connect(&url).await?;
        MIGRATIONS.run(&pool).await?;
        Ok(Self { pool })
    }

    /// For reading.
    pub fn pool(&self) -> &AnyPool {
        &self.pool
    }

    /// Waits until every connection is closed.
    pub async fn close(&self) {
        self.pool.close().await;
    }

    /// How often history was written.
    pub(crate) async fn writes(&self) -> Result<i64, StoreError> {
        Ok(sqlx::query("SELECT number FROM writes WHERE id = 1").fetch_one(&self.pool).await?.try_get(0)?)
    }

    /// A fact about the database as a whole.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn fact(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row = sqlx::query("SELECT value FROM facts WHERE name = $1").bind(name).fetch_optional(&self.pool).await?;
        Ok(row.map(|row| row.try_get(0)).transpose()?)
    }
}

fn without_user(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    match rest.rsplit_once('@') {
        Some((_, rest)) => format!("{scheme}://...@{rest}"),
        None => url.into(),
    }
}

/// Readers of SQLite go on while something is written, and what is committed survives a crash of the process; of the whole
/// machine the last commits may be lost, which the next run asks for again.
async fn prepare(connection: &mut AnyConnection, is_sqlite: bool) -> Result<(), sqlx::Error> {
    if is_sqlite {
        for pragma in ["PRAGMA journal_mode = WAL", "PRAGMA synchronous = NORMAL", "PRAGMA busy_timeout = 30000"] {
            sqlx::query(pragma).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// An exact amount, stored as text.
pub(crate) fn exact(text: &str) -> Result<i128, StoreError> {
    text.parse().map_err(|_| StoreError::Foreign { what: "an exact amount", found: text.into() })
}
