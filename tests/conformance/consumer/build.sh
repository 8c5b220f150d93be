#!/usr/bin/env bash
# build.sh OUT: tries buf.gen.yaml as another project would. In OUT, it generates code with a copy
# of that file, and compiles this folder's program in each language. The libraries must be in the
# folders next to OUT, where the build.sh of ../go, ../java and ../typescript have put them.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
rm -rf "$1"
mkdir -p "$1"
cd "$1"
PATH="$PWD/../typescript/node_modules/.bin:$PATH"

cp "$root/buf.gen.yaml" "$here"/{main.go,Consumer.java,consumer.cc,consumer.ts} .
buf generate "$root"

cp ../go/src/go.mod .
go mod edit -module example.com/project
GO111MODULE=on GOFLAGS= GOPROXY=off GOCACHE="$PWD/../go/cache" go run main.go

javac -d classes -cp "../java/lib/*" -sourcepath out/java Consumer.java

g++ -std=c++17 -fsyntax-only -Iout/cpp $(pkg-config --cflags protobuf) consumer.cc

cp ../typescript/tsconfig.json .
ln -s ../typescript/node_modules .
tsc --noEmit
