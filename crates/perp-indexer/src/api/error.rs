//! What is wrong with a question, or with the answer.

use std::time::Duration;

use axum::extract::Request;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;

const LONGEST_ANSWER: Duration = Duration::from_secs(20);

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Problem {
    /// The parameter that is wrong; none where it is something else.
    pub parameter: Option<String>,
    /// What was given for it.
    pub given: Option<String>,
    /// What would be right, or what went wrong.
    pub expected: String,
    #[serde(skip)]
    #[schema(ignore)]
    status: u16,
}

impl Problem {
    /// A parameter is wrong.
    pub fn parameter(parameter: &str, given: Option<&str>, expected: impl Into<String>) -> Self {
        Self {
            parameter: Some(parameter.into()),
            given: given.map(str::to_owned),
            expected: expected.into(),
            status: StatusCode::BAD_REQUEST.as_u16(),
        }
    }

    /// What the path names does not exist.
    pub fn missing(parameter: &str, given: &str, expected: impl Into<String>) -> Self {
        Self { status: StatusCode::NOT_FOUND.as_u16(), ..Self::parameter(parameter, Some(given), expected) }
    }

    /// Nothing is wrong with the question.
    fn ours(status: StatusCode, expected: &str) -> Self {
        Self { parameter: None, given: None, expected: expected.into(), status: status.as_u16() }
    }

    /// Too much is asked for at the same time, or what is asked for takes too long.
    pub fn busy(expected: &str) -> Self {
        Self::ours(StatusCode::SERVICE_UNAVAILABLE, expected)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        // What the database says is for its operator.
        tracing::error!(%error, "a question could not be answered");
        Self::ours(StatusCode::INTERNAL_SERVER_ERROR, "the database does not answer; the log of perp-indexer says why")
    }
}

impl From<sqlx::Error> for Problem {
    fn from(error: sqlx::Error) -> Self {
        StoreError::from(error).into()
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self)).into_response()
    }
}

/// For whatever else is asked.
pub(super) async fn no_such_path(uri: Uri) -> Problem {
    Problem::missing("path", uri.path(), "a path of /openapi.json")
}

/// For whatever would change something.
pub(super) async fn no_such_method(method: Method) -> Problem {
    let problem = Problem::parameter("method", Some(method.as_str()), "GET");
    Problem { status: StatusCode::METHOD_NOT_ALLOWED.as_u16(), ..problem }
}

/// Ends an answer that takes too long.
pub(super) async fn in_time(request: Request, next: Next) -> Response {
    let answer = tokio::time::timeout(LONGEST_ANSWER, next.run(request)).await;
    answer.unwrap_or_else(|_| Problem::busy("a question that takes less than 20 s: ask for less").into_response())
}
