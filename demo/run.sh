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

say "Why is the compensation not grade C, and what would make it so? (Chinese)"
run explain food demo/food.json --why-not compensation_grade=C --lang zh

say "An interview asks only what still matters: urgency and limit, answered low, then a middle customer"
printf '%s\n' 低级 中端 | run ask bank --only reply_limit_days --lang zh

say "Five working days over the National Day holiday of 2025"
run due bank --start 2025-09-30T10:00 --set base_urgency=low --set customer_tier=ordinary --lang zh

say "The car dealer's tables are lost; an overlay with example figures lets it be tried"
run check auto_dealer --overlay rulesets/overlays/auto_dealer.example.yaml

say "A complaint over ten weeks: what was owed and by whom, what was late, refused, fined, and by which clause"
run replay auto_dealer demo/dealer.json --overlay rulesets/overlays/auto_dealer.example.yaml --now 2024-05-20T10:00 --lang zh

say "The same as a picture, in the terminal and as a page for a browser"
run timeline auto_dealer demo/dealer.json --overlay rulesets/overlays/auto_dealer.example.yaml --now 2024-05-20T10:00 --lang zh |
  sed '/^记录$/,$d'
mkdir -p build
run timeline auto_dealer demo/dealer.json --overlay rulesets/overlays/auto_dealer.example.yaml --now 2024-05-20T10:00 --lang zh \
  --to build/dealer.html

say "Two people with the same symptom from one batch: what no single complaint shows"
run watch food demo/batch.jsonl

examine() {
  say "Gaps, overlaps and rules that never decide: $1"
  run check "$1"
  say "Every clause of the source: encoded, advice to staff, or missing: $1"
  run clauses "$1" | tail -n 1
  say "The examples an officer can read: $1"
  run test "$1"
}

audit_real_complaints() {
  say "3,186 real complaints to US financial companies: what was done, beside what was owed"
  run audit cfpb demo/data/cfpb_complaints.csv --mapping demo/data/cfpb.mapping.yaml --out build/audit --report build/audit.html --lang zh
}

a_made_up_year() {
  say "A made-up year of the bank: 20,000 complaints, plainly labelled synthetic, decided and kept with their evidence"
  run synthesise bank --out build/year.parquet --rows 20000 --lang zh
  rm -rf build/year
  run simulate bank build/year.parquet --out build/year --only urgency --only reply_limit_days --lang zh
  run verify build/year --lang zh
  say "What if low urgency were answered within 3 working days instead of 5?"
  sed 's/{urgency: low}, then: 5,/{urgency: low}, then: 3,/' rulesets/bank.yaml >build/bank_edited.yaml
  run compare bank build/bank_edited.yaml build/year.parquet --only reply_limit_days --by customer_tier --lang zh
}

# All at once, shown one after the other.
pages=(bank web_services vanke)
started=()
for ruleset in "${pages[@]}"; do
  examine "$ruleset" >"build/$ruleset.txt" &
  started+=($!)
done
a_made_up_year >build/made_up_year.txt &
started+=($!)
audit_real_complaints >build/audit.txt &
started+=($!)
pages+=(made_up_year audit)
for i in "${!pages[@]}"; do
  wait "${started[$i]}"
  cat "build/${pages[$i]}.txt"
done
say "The report, for a browser: $PWD/build/audit.html"
