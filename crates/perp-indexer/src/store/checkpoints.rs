//! Margin accounts as they were after some of their events, so that those after it can be gone through again without all before.

use anchor_lang::{AnchorDeserialize, AnchorSerialize};
use base64::prelude::{Engine, BASE64_STANDARD};
use sqlx::{AnyConnection, Row};

use super::life::Life;
use super::rows::{row, Rows};
use super::StoreError;

/// Events of a life from one to the next.
const EVERY: u64 = 64;

pub(super) fn checkpoint_rows() -> Rows {
    Rows::replacing("checkpoints", &["account", "place"], &["account", "place", "data"])
}

/// Adds a life as it is now, where it is time to.
pub(super) fn push_due(rows: &mut Rows, life: &mut Life) {
    if life.stream.highest.saturating_sub(life.kept) < EVERY {
        return;
    }
    let before = std::mem::replace(&mut life.kept, life.stream.highest);
    let mut bytes = Vec::new();
    match life.serialize(&mut bytes) {
        Ok(()) => rows.push(row![life.stream.address.as_str(), life.last_place, BASE64_STANDARD.encode(bytes)]),
        // Nothing is lost: what comes later begins farther back.
        Err(_) => life.kept = before,
    }
}

/// The newest life of an account that was kept at a place before that one; all of it has to be written again.
pub(super) async fn newest_before(
    connection: &mut AnyConnection,
    account: &str,
    place: i64,
) -> Result<Option<Life>, StoreError> {
    const SELECT: &str = "SELECT data FROM checkpoints WHERE account = $1 AND place < $2 ORDER BY place DESC LIMIT 1";
    let row = sqlx::query(SELECT).bind(account).bind(place).fetch_optional(connection).await?;
    let Some(row) = row else { return Ok(None) };
    let data: String = row.try_get(0)?;
    let bytes = BASE64_STANDARD.decode(&data).ok();
    let life = bytes.and_then(|bytes| Life::try_from_slice(&bytes).ok());
    let mut life = life.ok_or(StoreError::Foreign { what: "a margin account as it was", found: data })?;
    life.positions.change();
    life.orders.change();
    Ok(Some(life))
}
