//! The engine for the browser: what an operation would do, how accounts, markets and the pool stand, how large a position
//! ought to be, over accounts as they lie on chain.
//!
//! A [`World`] holds what was loaded and answers questions. Questions and answers are structs of 64-bit words, listed in
//! [`layout`]; compiled to WebAssembly the module exports the few functions of `exports` and imports nothing. It has no
//! formula of its own: every number is perp-exchange's.

#![cfg_attr(target_arch = "wasm32", no_std)]
#![cfg_attr(not(target_arch = "wasm32"), forbid(unsafe_code))]

extern crate alloc;

mod ask;
#[cfg(not(target_arch = "wasm32"))]
pub mod description;
#[cfg(target_arch = "wasm32")]
mod exports;
pub mod layout;
mod refused;
mod world;

pub use refused::{Refused, Status};
pub use world::{Reading, World};

/// Version of the interface: another one reads and writes other words.
pub const INTERFACE: u32 = 1;
/// Words of the input buffer.
pub const INPUT_WORDS: usize = 16_384;
/// Words of the output buffer.
pub const OUTPUT_WORDS: usize = 4_096;
