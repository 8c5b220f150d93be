#!/usr/bin/env bash
# run.sh OUT: runs the runner. It reads vectors and writes results.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$1:$here/..:$here/../../../python"
exec "${PYTHON:-python3}" "$here/runner.py"
