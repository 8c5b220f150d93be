#!/usr/bin/env bash
# build.sh OUT: generates the Rust code of the schema, and compiles the runner and the user.
set -euo pipefail
mkdir -p "$1"
out=$(cd "$1" && pwd)
# Cargo looks for .cargo/config.toml in the folder in which it is started.
cd "$(dirname "$0")"
user=../../../examples/exchange/rust
# Debian decides the versions. An older cargo cannot read a Cargo.lock that a newer one wrote.
rm -f Cargo.lock "$user/Cargo.lock"
for manifest in Cargo.toml "$user/Cargo.toml"; do
    cargo build --quiet --offline --target-dir "$out" --manifest-path "$manifest"
done
