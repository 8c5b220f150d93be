#!/usr/bin/env bash
# build.sh OUT: generates the Go code of the schema, and compiles the runner and the exchange.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

rm -rf "$out/src"
mkdir -p "$out/src"
protoc -I "$root/proto" -I "$here/.." --go_out="$out/src" \
    "$root"/proto/rref_proto/v1/*.proto conformance.proto
cp -r "$root"/examples/exchange/go/{delimited,user} "$out/src/rref_proto/"
cp -r "$here/runner" "$out/src/rref_proto/conformance/"

# Debian's protobuf library is found through GOPATH, not as a module.
export GO111MODULE=off GOPATH="$out:/usr/share/gocode" GOCACHE="$out/cache" GOFLAGS=
go build -o "$out/bin/" rref_proto/user rref_proto/conformance/runner
