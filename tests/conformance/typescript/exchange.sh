#!/usr/bin/env bash
# exchange.sh OUT: runs the user of examples/exchange.
exec node "$1/dist/user.js"
