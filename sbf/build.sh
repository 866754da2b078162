#!/usr/bin/env bash
# usage: sbf/build.sh MANIFEST OUT_DIR [cargo flags]
# Compiles one program crate (crate-type cdylib) to OUT_DIR/NAME.so with the tools that
# sbf/setup.sh prepares. ARCH=v3 (default) or v0 chooses the SBPF version; see sbf/README.md.
set -euo pipefail
[ $# -ge 2 ] || { sed -n 2,4p "$0" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
workspace=$(dirname "$here")
manifest=$(realpath "$1"); mkdir -p "$2"; out=$(realpath "$2"); shift 2
SBF_HOME=${SBF_HOME:-$HOME/.cache/sbf}
export CARGO_TARGET_DIR=${SBF_TARGET_DIR:-$workspace/target/sbf}

# rustup's proxies must not answer: the compiler is Debian's, which has its sources beside it.
export PATH="$SBF_HOME/bin:/usr/bin:$PATH" RUSTC=/usr/bin/rustc
unset RUSTUP_TOOLCHAIN RUSTFLAGS
# std for a target the compiler does not know, from the patched sources.
export RUSTC_BOOTSTRAP=1 RUSTC_BOOTSTRAP_SYNTHETIC_TARGET=1 __CARGO_TESTS_ONLY_SRC_ROOT="$SBF_HOME/library"

flags=(
  # The crates of the Solana SDK take their on-chain branch where target_os is solana.
  -Aexplicit_builtin_cfgs_in_flags --cfg 'target_os="solana"'
  -Zunstable-options -Cpanic=immediate-abort
  -Crelocation-model=static
  -Clinker=sbpf-linker "-Clink-arg=--arch=${ARCH:-v3}" -Clink-arg=--llvm-args=-bpf-stack-size=4096
  # A 64-bit division by zero ends a program here, while LLVM's BPF backend, for whose machine it yields zero, moves
  # divisions ahead of the test that guards them.
  -Clink-arg=--llvm-args=-disable-machine-licm -Clink-arg=--llvm-args=-disable-machine-cse
  # A third of LLVM's usual limit for what is copied into its callers, where the construction of every error would be: a
  # quarter fewer bytes for one percent more compute units.
  -Clink-arg=--llvm-args=-inline-threshold=75
  # Copies of more than twelve words are calls of the runtime, which copies 250 bytes for each of its units and asks for
  # ten at least: in place they cost two units a word.
  -Clink-arg=--llvm-args=-bpf-max-stores-per-memfunc=12
  -Clink-arg=--deploy=false
  "-Clink-arg=$here/i128.ll"
  # Code generation calls these after link-time optimization has dropped what nothing refers to.
  -Clink-arg=--export=entrypoint,__multi3,__udivti3,__umodti3,__divti3,__modti3
  # The same binary wherever the sources lie.
  "--remap-path-prefix=$workspace=/perp-swap" "--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo"
  "--remap-path-prefix=$SBF_HOME=/sbf"
)
CARGO_ENCODED_RUSTFLAGS=$(IFS=$'\x1f'; echo "${flags[*]}"); export CARGO_ENCODED_RUSTFLAGS

# std without overflow checks, as Rust ships it; the program's own crates keep theirs.
unchecked=()
for crate in core alloc std; do unchecked+=(--config "profile.release.package.$crate.overflow-checks=false"); done

messages=$(/usr/bin/cargo build --release --locked --manifest-path "$manifest" "${unchecked[@]}" \
  --target "$here/sbf-solana-solana.json" -Zbuild-std=std,panic_abort -Zjson-target-spec \
  --message-format=json-render-diagnostics "$@")
# The linker writes the program beside the cdylib cargo announces.
artifact=$(printf '%s\n' "$messages" | grep -F "\"manifest_path\":\"$manifest\"" | grep -oE '"[^"]*/sbf-solana-solana/release/lib[^"]*\.so"' | tr -d '"' | tail -n 1 || true)
[ -n "$artifact" ] || { echo "sbf/build.sh: cargo announced no program for $manifest: has it the crate-type cdylib?" >&2; exit 1; }
name=$(basename "$artifact"); name=${name#lib}
cp "$artifact" "$out/$name"
ls -l "$out/$name"
