#!/usr/bin/env bash
# exchange.sh OUT: runs the user of examples/exchange.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
export PYTHONPATH="$root/python"
exec "${PYTHON:-python3}" "$root/examples/exchange/python/user.py"
