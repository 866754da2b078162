//! 128-bit multiplication and division for the Solana virtual machine, which has 64-bit
//! instructions only.
//!
//! LLVM's BPF backend lowers `*`, `/` and `%` on 128-bit integers to calls of `__multi3`,
//! `__udivti3`, `__umodti3`, `__divti3` and `__modti3`. `sbf/i128.ll` defines those five in the
//! register convention the backend uses and calls the functions of [`symbols`]; everything they
//! compute is in [`arithmetic`], plain Rust that runs and is tested on any machine.
//!
//! A program links this crate only when it is compiled with that backend
//! (`cfg(target_arch = "bpf")`); Solana's own compiler brings its own builtins.
#![no_std]
#![cfg_attr(target_arch = "bpf", feature(asm_experimental_arch))]

pub mod arithmetic;
#[cfg(target_arch = "bpf")]
pub mod symbols;

#[cfg(target_arch = "bpf")]
use solana_compiler_builtins as _;
