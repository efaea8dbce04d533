//! Time in an invocation: how much of it a message may take, and the pauses between attempts.

use std::time::Duration;

use tokio::time::Instant;

/// The longest first pause. Each further one may be twice as long, up to [`MAX_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const MAX_PAUSE: Duration = Duration::from_secs(1);

/// The attempts of one message.
#[derive(Debug)]
pub(crate) struct Backoff {
    /// When the message's share of the invocation is over.
    end: Instant,
    attempt_started: Instant,
    slowest: Duration,
    longest_pause: Duration,
}

impl Backoff {
    /// For a message that may take until `end`.
    pub(crate) fn until(end: Instant) -> Self {
        Self { end, attempt_started: Instant::now(), slowest: Duration::ZERO, longest_pause: FIRST_PAUSE }
    }

    /// Waits before the next attempt, a random time so that those who were in each other's way are not again. False if
    /// an attempt as slow as the slowest so far might not end in time.
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
