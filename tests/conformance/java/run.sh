#!/usr/bin/env bash
# run.sh OUT: runs the runner. It reads vectors and writes results.
exec java -cp "$1/classes:$1/lib/*" Runner
