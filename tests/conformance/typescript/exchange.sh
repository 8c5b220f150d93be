#!/usr/bin/env bash
# exchange.sh OUT: runs what build.sh built, a user of an RRef on standard input and output.
exec node "$1/dist/user.js"
