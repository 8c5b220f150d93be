#!/usr/bin/env bash
# exchange.sh OUT: runs the user of the worked exchange.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$here/../../../python"
exec "${PYTHON:-python3}" "$here/exchange_user.py"
