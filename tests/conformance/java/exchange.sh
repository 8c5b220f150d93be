#!/usr/bin/env bash
# exchange.sh OUT: runs what build.sh built, a user of an RRef on standard input and output.
exec java -cp "$1/classes:$1/lib/*" User
