//! Going through the events of a margin account again, because some came late or went.

use std::ops::Range;

use base64::prelude::{Engine, BASE64_STANDARD};
use perp_client::events::Event;
use sqlx::{AnyConnection, Row};

use super::account::{Book, BookRows};
use super::checkpoints::newest_before;
use super::gaps::{attempts_at, renew};
use super::life::Life;
use super::rows::row;
use super::streams::{number_rows, stream_row, stream_rows, Ids, StreamState};
use super::StoreError;
use crate::facts::{follows, StreamKind};
use crate::place::Place;

/// What stands for the place of the first event of a stream that has the numbers which are looked through, until they are.
const ASIDE: i64 = -1;
/// Streams of an account that begin after a place, and the one with numbers set aside.
const AFTER: &str =
    "SELECT id FROM streams WHERE address = $1 AND kind = 'account' AND (opened > $2 OR opened = -1) ORDER BY opened";

/// Goes through events of an account again, from the newest checkpoint before anything that changes: those that are stored (but at
/// places without which it is to be) and those that come late; a page at a time, since an account can have any number of them.
/// Where something is missing afterwards, what was attempted before for the same numbers still counts.
pub(super) async fn rebuild(
    connection: &mut AnyConnection,
    ids: &mut Ids,
    address: &str,
    mut late: Vec<(Place, u64, Event)>,
    without: &Range<i64>,
) -> Result<(), StoreError> {
    late.sort_by_key(|(place, ..)| *place);
    let gone = Some(without.start).filter(|_| !without.is_empty());
    let changed = late.first().map(|(place, ..)| place.number()).into_iter().chain(gone).min();
    let Some(changed) = changed else { return Ok(()) };
    let attempts = attempts_at(connection, address).await?;
    let base = newest_before(connection, address, changed).await?;
    let mut reached = base.as_ref().map_or(-1, |life| life.last_place);
    let from = reached;
    set_aside(connection, ids, address, base.as_ref(), from).await?;

    // The new lives' streams are written last, so these have the numbers of the old ones only.
    let stored = sqlx::query(AFTER).bind(address).bind(from).fetch_all(&mut *connection).await?;
    let mut stored = stored.iter().map(|row| row.try_get(0)).collect::<Result<Vec<i64>, _>>()?.into_iter();
    let known = base.as_ref().map(|life| life.stream.clone());
    let mut book = Book { lives: base.into_iter().collect() };
    let mut late = late.into_iter().peekable();
    let (mut numbers, mut tables) = (number_rows(), BookRows::new());
    let (mut stream, mut sequence) = (stored.next(), 0);
    loop {
        let page = match stream {
            Some(stream) => numbered(connection, stream, sequence).await?,
            None => Vec::new(),
        };
        let is_last = stream.is_none();
        match page.last() {
            Some((_, last, _)) => sequence = *last,
            None if !is_last => {
                (stream, sequence) = (stored.next(), 0);
                continue;
            }
            None => {}
        }
        let end = page.last().map_or(i64::MAX, |(place, ..)| place.number());
        let mut events = page;
        events.extend(following(connection, address, reached, end).await?);
        events.retain(|(place, ..)| !without.contains(&place.number()));
        reached = end;
        while let Some(event) = late.next_if(|(place, ..)| place.number() <= end) {
            events.push(event);
        }
        events.sort_by_key(|(place, ..)| *place);
        events.dedup_by_key(|(place, ..)| *place);
        for (place, sequence, event) in &events {
            if follows(event).is_some() {
                book.follow((*place, *sequence), event);
            } else {
                let (stream, _) = book.take(ids, address, (*place, *sequence), event);
                numbers.push(row![stream, *sequence, place.number()]);
            }
            tables.push_past(&mut book);
        }
        numbers.write(connection).await?;
        tables.write(connection).await?;
        if is_last {
            break;
        }
    }
    forget_old(connection, address, from).await?;
    for life in &mut book.lives {
        let base = known.as_ref().filter(|known| known.id == life.stream.id);
        if base.is_some() || life.stream.has_gaps() {
            let first = base.map_or(1, |known| known.highest.saturating_add(1));
            let around = first..=i64::MAX.cast_unsigned();
            life.stream.contiguous = renew(connection, &life.stream, &around, &attempts).await?;
        }
    }
    tables.push(&mut book);
    tables.write(connection).await
}

/// Makes room for what is gone through again: what the account came to after a place is deleted, and numbers of the life that was
/// going on then are set aside.
async fn set_aside(
    connection: &mut AnyConnection,
    ids: &mut Ids,
    address: &str,
    base: Option<&Life>,
    from: i64,
) -> Result<(), StoreError> {
    if let Some(life) = base {
        let (kind, address) = (StreamKind::Account, address.to_owned());
        let aside = StreamState { id: ids.next(), kind, address, opened: ASIDE, contiguous: 0, highest: 0 };
        let mut rows = stream_rows();
        rows.push(stream_row(&aside));
        rows.write(connection).await?;
        sqlx::query("UPDATE numbers SET stream = $1 WHERE stream = $2 AND sequence > $3")
            .bind(aside.id)
            .bind(life.stream.id)
            .bind(life.stream.highest.cast_signed())
            .execute(&mut *connection)
            .await?;
    }
    for statement in [
        "DELETE FROM lives WHERE account = $1 AND last_place > $2",
        "DELETE FROM positions WHERE account = $1 AND opened > $2",
        "DELETE FROM orders WHERE account = $1 AND place > $2",
        "DELETE FROM checkpoints WHERE account = $1 AND place > $2",
    ] {
        sqlx::query(statement).bind(address).bind(from).execute(&mut *connection).await?;
    }
    Ok(())
}

/// Deletes the streams that were gone through again, with what is left of them.
async fn forget_old(connection: &mut AnyConnection, address: &str, from: i64) -> Result<(), StoreError> {
    let old = sqlx::query(AFTER).bind(address).bind(from).fetch_all(&mut *connection).await?;
    for row in &old {
        let id: i64 = row.try_get(0)?;
        for statement in [
            "DELETE FROM numbers WHERE stream = $1",
            "DELETE FROM gaps WHERE stream = $1",
            "DELETE FROM streams WHERE id = $1",
        ] {
            sqlx::query(statement).bind(id).execute(&mut *connection).await?;
        }
    }
    Ok(())
}

/// A page of a stream's events after a number, in order.
async fn numbered(
    connection: &mut AnyConnection,
    stream: i64,
    after: u64,
) -> Result<Vec<(Place, u64, Event)>, StoreError> {
    const SELECT: &str = "SELECT n.place, n.sequence, e.data FROM numbers n JOIN events e ON e.place = n.place \
         WHERE n.stream = $1 AND n.sequence > $2 ORDER BY n.sequence LIMIT 1000";
    let rows = sqlx::query(SELECT).bind(stream).bind(after.cast_signed()).fetch_all(connection).await?;
    rows.iter().map(event).collect()
}

/// An account's events without a number of their own, after a place and up to another.
async fn following(
    connection: &mut AnyConnection,
    account: &str,
    after: i64,
    end: i64,
) -> Result<Vec<(Place, u64, Event)>, StoreError> {
    const SELECT: &str = "SELECT f.place, f.sequence, e.data FROM followers f JOIN events e ON e.place = f.place \
         WHERE f.account = $1 AND f.place > $2 AND f.place <= $3 ORDER BY f.place";
    let rows = sqlx::query(SELECT).bind(account).bind(after).bind(end).fetch_all(connection).await?;
    rows.iter().map(event).collect()
}

fn event(row: &sqlx::any::AnyRow) -> Result<(Place, u64, Event), StoreError> {
    let (place, sequence): (i64, i64) = (row.try_get(0)?, row.try_get(1)?);
    Ok((Place::from_number(place), sequence.cast_unsigned(), decode(row.try_get(2)?)?))
}

/// An event as it is stored.
pub(super) fn decode(data: &str) -> Result<Event, StoreError> {
    let bytes = BASE64_STANDARD.decode(data).ok();
    bytes
        .and_then(|bytes| Event::from_data(&bytes))
        .ok_or_else(|| StoreError::Foreign { what: "an event", found: data.into() })
}

/// Addresses of margin accounts that have events at such places.
pub(super) async fn touched(connection: &mut AnyConnection, places: &Range<i64>) -> Result<Vec<String>, StoreError> {
    const SELECT: &str = "SELECT s.address FROM numbers n JOIN streams s ON s.id = n.stream \
         WHERE n.place >= $1 AND n.place < $2 AND s.kind = 'account' \
         UNION SELECT account FROM followers WHERE place >= $1 AND place < $2";
    let rows = sqlx::query(SELECT).bind(places.start).bind(places.end).fetch_all(connection).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}
