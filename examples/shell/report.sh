#!/usr/bin/env bash
# Runs the pipeline, exports its report whatever the verdict, then exits with the verdict's code.
#
#   examples/shell/report.sh PROJECT REPORT [FLAG …]
#
# PROJECT is the folder of a project, REPORT the folder to write; each FLAG goes to the module's
# constructor, such as --python-version=3.13. Exit codes: 0 pass, 10 fail, 11 set up wrongly, 12 internal error.
set -euo pipefail

module=$(dirname "${BASH_SOURCE[0]}")/../..
project=$1
report=$2
shift 2

dagger call -m "$module" "$@" run --source="$project" report export --path="$report"
dagger call -m "$module" "$@" verdict --report="$report"
