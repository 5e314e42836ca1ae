#!/usr/bin/env bash
# The tour: two complaints, answered, explained, and the procedures themselves examined.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\n\033[1m# %s\033[0m\n' "$*"; }

# Exit code 1 means "findings" or "something is still unknown": an answer, not a failure.
run() {
  printf '$ complaint-rules %s\n' "$*"
  complaint-rules "$@" || [ $? -eq 1 ]
}

say "Foreign matter in two unopened packs of tofu: what does the procedure say?"
run decide food demo/food.json

say "The same, and why, in Chinese"
run explain food demo/food.json --lang zh

say "A bank customer complains; nobody has judged the urgency. No guess: it asks"
run decide bank demo/bank.json --only urgency --only reply_limit_days

say "Once it is judged, the answer follows"
run decide bank demo/bank.json --set base_urgency=medium --only urgency --only reply_limit_days

for ruleset in food bank; do
  say "Gaps, overlaps and rules that never decide: $ruleset"
  run check "$ruleset"
  say "Every clause of the source: encoded, advice to staff, or missing: $ruleset"
  run clauses "$ruleset"
  say "The examples an officer can read: $ruleset"
  run test "$ruleset"
done
