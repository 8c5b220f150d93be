#!/usr/bin/env bash
# build.sh OUT: generates the Java code of the schema, and compiles the runner and the user.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

rm -rf "$out"/{src,lib,classes}
mkdir -p "$out"/{src,lib,classes}
# From Debian's packages libprotobuf-java, libgoogle-gson-java and libguava-java.
ln -s /usr/share/java/{protobuf,protobuf-util,gson,guava}.jar "$out/lib"
protoc -I "$root/proto" -I "$here/.." --java_out="$out/src" \
    "$root"/proto/rref_proto/v1/*.proto conformance.proto
javac -d "$out/classes" -cp "$out/lib/*" -sourcepath "$out/src" "$here"/*.java \
    "$root"/examples/exchange/java/*.java
