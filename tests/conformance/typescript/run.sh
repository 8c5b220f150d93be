#!/usr/bin/env bash
# run.sh OUT: runs the runner. It reads vectors and writes results.
exec node "$1/dist/runner.js"
