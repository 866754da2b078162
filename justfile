# Every command of the project in one place; CONTRIBUTING.md explains them.
set shell := ["bash", "-euo", "pipefail", "-c"]

# List the commands
default:
    @{{ quote(just_executable()) }} --list --unsorted

# Build everything for this machine
build:
    cargo build --workspace

# Run all tests; `just test -- --nocapture` hands flags on to them
test *flags:
    cargo test --workspace {{ flags }}

# Run the tests of one crate, such as `just test-crate perp-engine`
test-crate crate *flags:
    cargo test -p {{ crate }} {{ flags }}

# Play the life of the exchange on a local validator and check every step; --json for one document
demo *flags:
    cargo run -p perp-localnet -- demo {{ flags }}

# Run a local validator with the exchange on it until Ctrl-C; --help for prices and ports
localnet *flags:
    cargo run -p perp-localnet -- {{ flags }}

# Bring a cluster to the exchange that a TOML file describes: `just migrate FILE.toml --keypair KEYPAIR.json`
migrate file *flags:
    cargo run -p perp-migrations -- {{ quote(file) }} {{ flags }}

# Compile the program and write artifacts/ and idl/; see CONTRIBUTING.md for when
artifacts *flags:
    cargo run -p perp-artifacts -- {{ flags }}

# Fail where a committed binary or interface is older than its sources
artifacts-check:
    cargo run -p perp-artifacts -- --check

# Measure what every instruction costs and write docs/compute-units.md
compute-units:
    cargo run -p perp-tests --bin compute-units

# Put the market under stress and write docs/stress.md; hours, and resumable
stress *flags:
    cargo run --release -p perp-stress -- --page docs/stress.md {{ flags }}

# Write the tables of docs/accounts.md, errors.md, event-fields.md and parameters.md, and idl/errors.json
reference-pages:
    cargo run -p perp-tests --bin reference-pages

# Draw the plots of the guides, docs/plots
plots:
    cargo run -p perp-plots

# Format the sources
fmt:
    cargo fmt --all

# Fail where the sources are not formatted
fmt-check:
    cargo fmt --all --check

# Lint as .ci/run does
clippy:
    cargo clippy --locked --workspace --all-targets -- -D warnings
    cargo clippy --locked --no-deps -p perp-accounts -p perp-engine -p perp-swap -- -D warnings -D clippy::arithmetic_side_effects

# Build the documentation of the crates, target/doc
doc:
    cargo doc --workspace --no-deps

# Everything a change must pass
ci:
    .ci/run
