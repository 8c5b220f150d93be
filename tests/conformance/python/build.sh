#!/usr/bin/env bash
# build.sh OUT: generates the Python code of conformance.proto; the schema's is in the package.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
protoc -I "$here/.." --python_out="$1" conformance.proto
