//! Answers: rows as JSON or CSV, and where the next ones begin.

use axum::extract::FromRequestParts;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::http::request::Parts;
use axum::http::{HeaderName, HeaderValue};
use axum::response::{IntoResponse, Response};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use super::error::Problem;
use super::parameters::Format;

/// The header in which CSV says where the next rows begin.
pub(super) const NEXT: HeaderName = HeaderName::from_static("x-next-cursor");

/// What a table's rows have in common.
pub(super) trait Table: Serialize {
    /// Their columns, in order.
    const COLUMNS: &'static [&'static str];
}

/// Defines the rows of an answer: their fields are the columns of the CSV.
macro_rules! table {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident: $type:ty),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            $($(#[$field_meta])* pub $field: $type,)+
        }

        impl $crate::api::answer::Table for $name {
            const COLUMNS: &'static [&'static str] = &[$(stringify!($field)),+];
        }
    };
}
pub(super) use table;

/// Rows, the newest first, and where the next ones begin.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows.
    pub data: Vec<T>,
    /// The cursor of the rows that follow; none where these are the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// At most `limit` of the rows, of which one more was asked for; each with its cursor. Two rows of one place stay
    /// together: no cursor could tell them apart.
    pub(super) fn of(mut rows: Vec<(i64, T)>, limit: i64) -> Self {
        let mut limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        if more && rows[limit - 1].0 == rows[limit].0 {
            limit += 1;
        }
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(cursor, _)| cursor.to_string());
        Self { data: rows.into_iter().map(|(_, row)| row).collect(), next }
    }
}

/// How the answer is to be written where the question does not say.
pub struct Accepted(Format);

impl<S: Send + Sync> FromRequestParts<S> for Accepted {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let accepted = parts.headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let first = accepted.split(',').next().unwrap_or_default();
        let is_csv = first.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/csv"));
        Ok(Self(if is_csv { Format::Csv } else { Format::Json }))
    }
}

impl<T: Table> Page<T> {
    /// Written as was asked for, or else as is accepted.
    pub(super) fn written(self, asked: Option<Format>, accepted: &Accepted) -> Result<Response, Problem> {
        match asked.unwrap_or(accepted.0) {
            Format::Json => Ok(Json(self).into_response()),
            Format::Csv => self.csv(),
        }
    }

    fn csv(self) -> Result<Response, Problem> {
        let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let unwritten = |error: &dyn std::fmt::Display| Problem::parameter("format", Some("csv"), error.to_string());
        writer.write_record(T::COLUMNS).map_err(|error| unwritten(&error))?;
        for row in &self.data {
            writer.serialize(row).map_err(|error| unwritten(&error))?;
        }
        let text = writer.into_inner().map_err(|error| unwritten(&error))?;
        let mut response = ([(CONTENT_TYPE, "text/csv; charset=utf-8")], text).into_response();
        if let Some(next) = self.next.and_then(|next| HeaderValue::from_str(&next).ok()) {
            response.headers_mut().insert(NEXT, next);
        }
        Ok(response)
    }
}
