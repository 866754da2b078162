//! Funding
