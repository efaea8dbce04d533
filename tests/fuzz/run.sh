#!/usr/bin/env bash
# Runs the fuzzer's targets one after the other and prints what each has done: run.sh SECONDS KEEP [TARGET...]
set -euo pipefail
cd "$(dirname "$0")/../.."

seconds=$1 keep=$2
shift 2
fuzz=$(ls target/fuzz/*/release/fuzz)
[ $# -gt 0 ] || read -r -a targets <<<"$("$fuzz" | tr '\n' ' ')"
[ $# -eq 0 ] || targets=("$@")

failed=0
printf '%-22s %12s %10s %8s  %s\n' target executions per_second inputs result
for target in "${targets[@]}"; do
    # What was found in earlier runs is a start too.
    found=target/fuzz/found/$target seeds=target/fuzz/seeds/$target log=target/fuzz/$target.log
    mkdir -p "$found" "$seeds" "target/fuzz/findings/$target" "tests/corpus/$target"
    result=ok
    # Longer than the longest seed; bodies of megabytes are the suite's.
    FUZZ_TARGET=$target FUZZ_SEEDS=$seeds "$fuzz" "$found" "$seeds" "tests/corpus/$target" \
        -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 -dict=tests/fuzz/words.dict \
        -print_final_stats=1 -artifact_prefix="target/fuzz/findings/$target/" >"$log" 2>&1 || result="FAILED, see $log"
    [ "$result" = ok ] || failed=1
    executions=$(awk '/stat::number_of_executed_units/ { print $2 }' "$log")
    rate=$(awk '/stat::average_exec_per_sec/ { print $2 }' "$log")
    printf '%-22s %12s %10s %8s  %s\n' "$target" "${executions:--}" "${rate:--}" "$(ls "$found" | wc -l)" "$result"
    if [ -n "$keep" ]; then
        # The fewest inputs that reach, beyond the seeds, all that was reached.
        FUZZ_TARGET=$target "$fuzz" -merge=1 -max_len=4096 "tests/corpus/$target" "$found" >>"$log" 2>&1
    fi
    rmdir --ignore-fail-on-non-empty "tests/corpus/$target"
done
exit $failed
