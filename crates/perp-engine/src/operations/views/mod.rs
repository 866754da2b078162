//! What anybody may ask, where more is summed up than what one account or one market is asked.

pub mod attest_solvency;

pub use attest_solvency::Attestation;
