//! What is wrong with a question, or with the answer.

use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::Json;
use serde::Serialize;
use utoipa::ToSchema;

use crate::store::StoreError;

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
    fn ours(expected: String) -> Self {
        Self { parameter: None, given: None, expected, status: StatusCode::INTERNAL_SERVER_ERROR.as_u16() }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        tracing::error!(%error, "a question could not be answered");
        Self::ours(error.to_string())
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
