#!/usr/bin/env bash
# usage: crates/perp-wasm/build.sh OUT_DIR core|rest|paper
# Compiles one of the modules for browsers to OUT_DIR, perp_wasm_MODULE.wasm, with what crates/perp-wasm/setup.sh prepares.
# NAMES=1 keeps the names of functions, for a look at what takes room.
set -euo pipefail
[ $# = 2 ] || { sed -n 2,4p "$0" >&2; exit 2; }
case $2 in core | rest | paper) name=perp_wasm_$2 ;; *) sed -n 2,4p "$0" >&2; exit 2 ;; esac
here=$(cd "$(dirname "$0")" && pwd)
workspace=$(realpath "$here/../..")
mkdir -p "$1"; out=$(realpath "$1")
export CARGO_TARGET_DIR=${BROWSER_TARGET_DIR:-$workspace/target/browser}

# rustup's proxies must not answer: the compiler is Debian's, which has its sources beside it.
export PATH="/usr/bin:$PATH" RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1
unset RUSTUP_TOOLCHAIN RUSTFLAGS

flags=(
  # A panic ends the call and leaves no message: the engine returns errors.
  -Zunstable-options -Cpanic=immediate-abort
  -Clinker=/usr/bin/wasm-ld -Clinker-flavor=wasm-ld
  -Cstrip=none
  # Below the statics, so that a stack that is too small ends a call instead of writing over them.
  -Clink-arg=--stack-first -Clink-arg=-zstack-size=262144
  # Every browser of the last five years copies memory by one instruction; a loop for each struct would be larger.
  -Ctarget-feature=+bulk-memory,+sign-ext,+mutable-globals,+nontrapping-fptoint
  # Fewer copies of a function in its callers than a program that is to be fast has.
  -Cllvm-args=-inline-threshold=0
  # Whatever is longer than one word is copied by that instruction. Refusals are: each way out of a function copies one.
  -Cllvm-args=-max-store-memcpy=1 -Cllvm-args=-max-store-memmove=1 -Cllvm-args=-max-store-memset=1
  # An address is added up where it is used, instead of in a variable of its own.
  -Cllvm-args=-disable-lsr
  # The same module wherever the sources lie.
  "--remap-path-prefix=$workspace=/perp-swap" "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
)
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}"); export CARGO_ENCODED_RUSTFLAGS

/usr/bin/cargo rustc --release --locked --manifest-path "$here/Cargo.toml" --lib --crate-type cdylib \
  --no-default-features --features "$2" --target wasm32-unknown-unknown -Zbuild-std=core,alloc,compiler_builtins \
  --config "profile.release.opt-level=\"z\"" --config 'profile.release.panic="immediate-abort"' -Zpanic-immediate-abort >&2
built=$CARGO_TARGET_DIR/wasm32-unknown-unknown/release/perp_wasm.wasm
strip=(--strip-debug --strip-producers --strip-target-features)
[ -z "${NAMES:-}" ] || strip=(-g)
# What LLVM assumes of a browser: every one has had it since 2021.
features=(--enable-bulk-memory --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int
  --enable-reference-types --enable-multivalue)
/usr/bin/wasm-opt -Oz "${features[@]}" "${strip[@]}" "$built" -o "$out/$name.wasm"
ls -l "$out/$name.wasm" >&2
