#!/usr/bin/env bash
# run.sh OUT: runs what build.sh built, vectors in, results out.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
export PYTHONPATH="$1:$here/..:$here/../../../python"
exec "${PYTHON:-python3}" "$here/runner.py"
