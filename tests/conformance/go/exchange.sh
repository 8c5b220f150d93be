#!/usr/bin/env bash
# exchange.sh OUT: runs the user of examples/exchange.
exec "$1/bin/user"
