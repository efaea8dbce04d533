//! Time management in an invocation: the time for a message, and the pauses between its attempts.

use std::time::Duration;

use tokio::time::Instant;

/// Maximum first pause. The maximum doubles for each further pause, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// The attempts of one message.
#[derive(Debug)]
pub(crate) struct Backoff {
    /// The end of the message's share of the invocation.
    end: Instant,
    attempt_started: Instant,
    slowest: Duration,
    longest_pause: Duration,
}

impl Backoff {
    /// The backoff of a message that may take until `end`.
    pub(crate) fn until(end: Instant) -> Self {
        Self { end, attempt_started: Instant::now(), slowest: Duration::ZERO, longest_pause: FIRST_PAUSE }
    }

    /// Waits a random time before the next attempt, so that conflicting transactions do not collide again. False if an
    /// attempt as slow as the slowest so far might not end in time.
    pub(crate) async fn pause(&mut self) -> bool {
        self.slowest = self.slowest.max(self.attempt_started.elapsed());
        let pause = self.longest_pause.mul_f64(fastrand::f64());
        self.longest_pause = self.longest_pause.saturating_mul(2).min(MAX_PAUSE);
        if pause.saturating_add(self.slowest) >= self.end.saturating_duration_since(Instant::now()) {
            return false;
        }
        tokio::time::sleep(pause).await;
        self.attempt_started = Instant::now();
        true
    }
}
