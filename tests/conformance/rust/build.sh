#!/usr/bin/env bash
# build.sh OUT: generates the Rust code of the schema, and compiles the runner and the exchange.
set -euo pipefail
mkdir -p "$1"
out=$(cd "$1" && pwd)
# Cargo finds .cargo/config.toml by the folder it is started in.
cd "$(dirname "$0")"
# Debian decides the versions, and an older cargo does not read the file that a newer one wrote.
rm -f Cargo.lock
cargo build --quiet --offline --target-dir "$out"
