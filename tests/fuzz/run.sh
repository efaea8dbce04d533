#!/usr/bin/env bash
# Runs the fuzzer's targets one after the other and prints a summary of each: run.sh SECONDS KEEP [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=$1 keep=$2
shift 2
fuzz=$(ls target/fuzz/*/release/fuzz)
targets=("$@")
[ $# -gt 0 ] || mapfile -t targets < <("$fuzz" 2>/dev/null)

# Limits for the inputs of a target that `make fuzz KEEP=1` stores, so that the tests stay fast.
LARGEST_KEPT=1024 # bytes
MAX_KEPT=24

# Adds inputs to tests/corpus that reach code which neither the seeds nor the stored inputs reach. libFuzzer writes the
# inputs that reach the most code first.
keep() {
    local target=$1 kept=tests/corpus/$1 merged=target/fuzz/merge/merged small=target/fuzz/merge/small
    rm -rf target/fuzz/merge
    mkdir -p "$merged" "$small" "$kept"
    cp "target/fuzz/seeds/$target"/* "$merged"
    find "$kept" -type f -exec cp -t "$merged" {} +
    find "target/fuzz/found/$target" -type f -size "-$((LARGEST_KEPT + 1))c" -exec cp -t "$small" {} +
    ls "$merged" >target/fuzz/merge/before
    FUZZ_TARGET=$target "$fuzz" -set_cover_merge=1 -use_counters=0 "$merged" "$small" >>"target/fuzz/$target.log" 2>&1
    local room=$((MAX_KEPT - $(find "$kept" -type f | wc -l)))
    ls -tr "$merged" | grep --invert-match --line-regexp --fixed-strings --file=target/fuzz/merge/before |
        awk -v room="$room" 'NR <= room' | xargs --no-run-if-empty -I{} cp "$merged/{}" "$kept" || true
    rmdir --ignore-fail-on-non-empty "$kept"
}

stat() { awk -v name="stat::$1:" '$1 == name { print $2 }' "$2"; }

failures=() executed=0
echo "${#targets[@]} targets, $seconds s each"
printf '%-20s %12s %8s %8s %9s %7s %7s  %s\n' target executions per_s edges features inputs rss_mb result
for target in "${targets[@]}"; do
    printf '%-20s ' "$target"
    # Also start with the inputs of earlier runs.
    found=target/fuzz/found/$target seeds=target/fuzz/seeds/$target log=target/fuzz/$target.log
    findings=target/fuzz/findings/$target
    rm -rf "$seeds"
    mkdir -p "$found" "$seeds" "$findings" "tests/corpus/$target"
    result=ok
    # Inputs may be somewhat longer than the longest seed; the suite tests bodies of megabytes. Memory has two limits:
    # libFuzzer checks it every second, and an allocation beyond 1 GiB fails immediately.
    (
        ulimit -v $((1 << 20))
        FUZZ_TARGET=$target FUZZ_SEEDS=$seeds exec "$fuzz" "$found" "$seeds" "tests/corpus/$target" \
            -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=512 \
            -dict=tests/fuzz/words.dict -print_final_stats=1 -artifact_prefix="$findings/"
    ) >"$log" 2>&1 || result=FAILED
    rmdir --ignore-fail-on-non-empty "tests/corpus/$target"
    [ "$result" = ok ] || failures+=("$target")
    executions=$(stat number_of_executed_units "$log")
    executed=$((executed + ${executions:-0}))
    # The last status line: `#123 REDUCE cov: 1 ft: 2 corp: 3/4b ...`.
    read -r edges features inputs < <(awk '$3 == "cov:" { c = $4; f = $6; split($8, n, "/") } END { print c + 0, f + 0, n[1] + 0 }' "$log")
    printf '%12s %8s %8s %9s %7s %7s  %s\n' "${executions:--}" "$(stat average_exec_per_sec "$log")" \
        "$edges" "$features" "$inputs" "$(stat peak_rss_mb "$log")" "$result"
    [ -z "$keep" ] || [ "$result" != ok ] || keep "$target"
done
printf '%-20s %12s\n' all "$executed"

for target in "${failures[@]}"; do
    log=target/fuzz/$target.log
    input=$(sed -n 's/.*Test unit written to //p' "$log" | tail -1)
    printf '\n%s FAILED, all of it in %s\n' "$target" "$log"
    grep --max-count=1 --after-context=1 -E 'panicked at|ERROR: libFuzzer' "$log" | cut -c1-300 | sed 's/^/  /' || true
    if [ -n "$input" ]; then
        printf '  input: %s\n  again: FUZZ_TARGET=%s %s %s\n' "$input" "$target" "$fuzz" "$input"
    fi
done
[ ${#failures[@]} -eq 0 ]
