#!/usr/bin/env bash
# exchange.sh OUT: runs the user of the worked exchange.
exec "$1/bin/user"
