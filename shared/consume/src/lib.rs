//! The consumer side of the queue.
