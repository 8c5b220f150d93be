#!/usr/bin/env bash
# build.sh OUT: generates the C++ code of the schema, and compiles the runner and the user.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
rm -rf "$1"/{generated,objects}
mkdir -p "$1/generated" "$1/objects"
cd "$1"

protoc -I "$root/proto" -I "$here/.." --cpp_out=generated \
    "$root"/proto/rref_proto/v1/*.proto conformance.proto

# Compile every file separately, so that all processors have work.
find generated "$here" "$root/examples/exchange/cpp" -name '*.cc' -print0 |
    xargs -0 -P "$(nproc)" -I{} sh -c \
    'g++ -std=c++17 -Igenerated $(pkg-config --cflags protobuf) \
        -c "$1" -o "objects/$(basename "$1" .cc).o"' sh {}

for program in runner user; do
    g++ "objects/$program.o" objects/*.pb.o $(pkg-config --libs protobuf) -o "$program"
done
