#!/usr/bin/env bash
# exchange.sh OUT: runs the user of examples/exchange.
exec java -cp "$1/classes:$1/lib/*" User
