#!/usr/bin/env bash
# build.sh OUT: generates the Rust code of the schema, and compiles the runner and the exchange.
set -euo pipefail
mkdir -p "$1"
out=$(cd "$1" && pwd)
# Cargo finds .cargo/config.toml by the folder it is started in.
cd "$(dirname "$0")"
user=../../../examples/exchange/rust
# Debian decides the versions, and an older cargo does not read the file that a newer one wrote.
rm -f Cargo.lock "$user/Cargo.lock"
for manifest in Cargo.toml "$user/Cargo.toml"; do
    cargo build --quiet --offline --target-dir "$out" --manifest-path "$manifest"
done
