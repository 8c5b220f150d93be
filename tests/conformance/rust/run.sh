#!/usr/bin/env bash
# run.sh OUT: runs the runner. It reads vectors and writes results.
exec "$1/debug/runner"
