#!/usr/bin/env bash
# usage: crates/perp-wasm/setup.sh
# Prepares a Debian machine to compile the modules for browsers, by the compiler that sbf/setup.sh takes too, its sources and a linker.
# Idempotent; prints the versions.
set -euo pipefail

fail() { printf 'crates/perp-wasm/setup.sh: %s\n' "$@" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo "$@"
  else fail "installing packages takes root or sudo; as root, run: $*"
  fi
}

missing=()
[ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] || missing+=(rustc-web cargo-web)
[ -d /usr/lib/rustlib/src/rust/library ] || missing+=(rust-web-src)
[ -x /usr/bin/wasm-ld ] || missing+=(lld)
[ -x /usr/bin/wasm-opt ] || missing+=(binaryen)
if [ ${#missing[@]} -gt 0 ]; then
  command -v apt-get >/dev/null || fail \
    "this route takes its compiler from Debian (packages ${missing[*]}), and there is no apt-get here." \
    "The committed artifacts/perp_wasm_*.wasm run everywhere; only rebuilding them takes Debian."
  as_root apt-get update -qq || fail "apt-get update failed; is there a network?"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null || fail \
    "apt-get cannot install: ${missing[*]}." \
    "rustc-web, cargo-web and rust-web-src are in Debian's security suite (bookworm and later):" \
    "is 'deb http://security.debian.org/debian-security bookworm-security main' among the apt sources?"
fi
printf '%s\n' "$(/usr/bin/rustc --version)" "$(/usr/bin/wasm-ld --version | head -n 1)" "$(/usr/bin/wasm-opt --version)"
