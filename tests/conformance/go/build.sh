#!/usr/bin/env bash
# build.sh OUT: generates the Go code of the schema, and compiles the runner and the user. Both
# are packages of the example's module. OUT gets a copy of that module.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

rm -rf "$out/src"
mkdir -p "$out/src"
protoc -I "$root/proto" -I "$here/.." --go_out="$out/src" --go_opt=module=rref_proto \
    "$root"/proto/rref_proto/v1/*.proto conformance.proto
cp -r "$root"/examples/exchange/go/{go.mod,delimited,user} "$out/src"
cp -r "$here/runner" "$out/src/conformance"

cd "$out/src"
# Use Debian's package golang-google-protobuf-dev, without the network.
go mod edit -replace google.golang.org/protobuf=/usr/share/gocode/src/google.golang.org/protobuf
export GO111MODULE=on GOFLAGS= GOPROXY=off GOCACHE="$out/cache"
go build -o "$out/bin/" ./user ./conformance/runner
