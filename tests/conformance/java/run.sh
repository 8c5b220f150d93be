#!/usr/bin/env bash
# run.sh OUT: runs what build.sh built, vectors in, results out.
exec java -cp "$1/classes:$1/lib/*" Runner
