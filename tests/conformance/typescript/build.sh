#!/usr/bin/env bash
# build.sh OUT: generates the TypeScript code of the schema, and compiles the runner and the
# user. OUT gets a copy of both, because npm puts the folder node_modules next to package.json.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
mkdir -p "$1"
out=$(cd "$1" && pwd)

rm -rf "$out"/{*.ts,gen,dist}
mkdir "$out/gen"
cp "$here"/*.ts "$root"/examples/exchange/typescript/{user.ts,package.json,tsconfig.json} "$out"
cd "$out"
npm install --no-package-lock --no-audit --no-fund --loglevel=error
PATH="$out/node_modules/.bin:$PATH"
protoc -I "$root/proto" -I "$here/.." --es_out=gen --es_opt=target=ts,import_extension=js \
    "$root"/proto/rref_proto/v1/*.proto conformance.proto
tsc
