#!/usr/bin/env bash
# exchange.sh OUT: runs the user of the worked exchange.
exec node "$1/dist/user.js"
