//! The kernel's figures about a process, and its processor.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};

/// The processors of the stubs and of the function; `None` if there is only one, or if the system forbids pinning.
#[derive(Clone, Copy, Debug)]
pub struct Pins(Option<(usize, usize)>);

impl Pins {
    /// Takes the first two processors that this process may use, and moves it to the first.
    pub fn take() -> Self {
        let allowed = sched_getaffinity(None).ok();
        let mut processors = (0..CpuSet::MAX_CPU).filter(|index| allowed.is_some_and(|set| set.is_set(*index)));
        let pins = Self(processors.next().zip(processors.next()));
        if pins.0.is_some_and(|(stubs, _)| !pin(stubs)) { Self(None) } else { pins }
    }

    pub fn are_set(self) -> bool {
        self.0.is_some()
    }

    /// Runs `start` on the function's processor, because a child process inherits it.
    pub async fn on_function<T>(self, start: impl Future<Output = T>) -> T {
        let Some((stubs, function)) = self.0 else { return start.await };
        pin(function);
        let started = start.await;
        pin(stubs);
        started
    }
}

fn pin(processor: usize) -> bool {
    let mut set = CpuSet::new();
    set.set(processor);
    sched_setaffinity(None, &set).is_ok()
}

/// The processor time of all threads of a process, in nanoseconds if the kernel supports it.
pub fn cpu_time(pid: u32) -> anyhow::Result<Duration> {
    let mut nanoseconds = 0;
    for task in fs::read_dir(format!("/proc/{pid}/task")).context("this needs Linux")? {
        // A thread may end while its time is read.
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
        nanoseconds += text.split_whitespace().next().and_then(|time| time.parse::<u64>().ok()).unwrap_or_default();
    }
    if nanoseconds > 0 {
        return Ok(Duration::from_nanos(nanoseconds));
    }
    // utime and stime, the 14th and 15th field, in ticks of 10 ms; the 2nd may hold spaces and ends with a parenthesis.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
    Ok(Duration::from_millis(ticks * 10))
}

/// A line of `/proc/PID/status` in bytes: `VmHWM` for the peak memory of a process, or `VmRSS` for its current memory.
pub fn memory(pid: u32, field: &str) -> anyhow::Result<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    let kibibytes = line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok());
    Ok(kibibytes.with_context(|| format!("/proc/{pid}/status has no {field}"))? * 1024.0)
}
