#!/usr/bin/env bash
# run.sh OUT: runs what build.sh built, vectors in, results out.
exec "$1/bin/runner"
