//! A layer in front of a stub that makes requests fail, by a plan that depends on a seed.
//!
//! The fault of a request depends on the seed, on the request's key (such as the deduplication id) and on the number of
//! earlier requests with that key. It does not depend on the order of concurrent requests. So the same seed gives the
//! same faults.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::http::{Answer, Request, Response, Service};

/// A fault of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A 500; the request had no effect.
    ServerError,
    /// Refused because of too many requests.
    Throttled,
    /// Takes effect, and is answered up to 300 ms late.
    Slow,
    /// No effect, and no answer.
    Silent,
    /// Takes effect, but is never answered.
    SilentAfter,
    /// The connection is cut before the request takes effect.
    CutBefore,
    /// Takes effect, then the connection is cut.
    CutAfter,
    /// The client is killed before its request takes effect.
    KillBefore,
    /// Takes effect, then the client is killed.
    KillAfter,
}

impl Fault {
    pub const ALL: [Self; 9] = [
        Self::ServerError,
        Self::Throttled,
        Self::Slow,
        Self::Silent,
        Self::SilentAfter,
        Self::CutBefore,
        Self::CutAfter,
        Self::KillBefore,
        Self::KillAfter,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::ServerError => "answered 500",
            Self::Throttled => "throttled",
            Self::Slow => "answered late",
            Self::Silent => "never answered, no effect",
            Self::SilentAfter => "never answered, in effect",
            Self::CutBefore => "connection cut, no effect",
            Self::CutAfter => "connection cut, in effect",
            Self::KillBefore => "client killed, no effect",
            Self::KillAfter => "client killed, in effect",
        })
    }
}

/// The frequencies of the faults.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// The number of faults per 10,000 requests; 0 for faults that are not listed.
    pub each: BTreeMap<Fault, u64>,
    /// The number of keys per 10,000 with an outage: up to [`OUTAGE`] of their first requests fail.
    pub outages: u64,
}

/// Maximum length of an outage, in requests with one key.
pub const OUTAGE: u64 = 20;

const OF: u64 = 10_000;

impl Rates {
    /// The fault of the `nth` request with a key.
    fn pick(&self, key: u64, nth: u64, own: u64) -> Option<Fault> {
        let outage = number(&(key, "outage"));
        if outage % OF < self.outages && nth <= 1 + outage / OF % OUTAGE {
            return Some(match own % 3 {
                0 => Fault::ServerError,
                1 => Fault::Throttled,
                _ => Fault::CutBefore,
            });
        }
        let mut rest = own % OF;
        for (fault, rate) in &self.each {
            if rest < *rate {
                return Some(*fault);
            }
            rest -= rate;
        }
        None
    }
}

/// The parts of a protocol that the fault layer needs.
pub trait Protocol: Send + Sync + 'static {
    /// The key of a request. A request without a key has no faults.
    fn key(&self, request: &Request) -> Option<String>;
    fn server_error(&self) -> Response;
    fn throttled(&self) -> Response;
    /// Kills the sender of the request.
    fn kill(&self, request: &Request);
}

/// The assignment of faults to requests.
#[derive(Debug)]
pub struct Plan {
    seed: u64,
    rates: Rates,
    /// The number of requests so far, by key.
    requests: HashMap<u64, u64>,
    counts: BTreeMap<Fault, u64>,
    off: bool,
}

impl Plan {
    pub fn new(seed: u64, rates: Rates) -> Self {
        Self { seed, rates, requests: HashMap::new(), counts: BTreeMap::new(), off: false }
    }

    /// The fault of the next request with this key, and a number that identifies the request.
    pub fn next(&mut self, key: &str) -> (Option<Fault>, u64) {
        if self.off {
            return (None, 0);
        }
        let key = number(&(self.seed, key));
        let before = self.requests.entry(key).or_default();
        *before += 1;
        let own = number(&(key, *before));
        let fault = self.rates.pick(key, *before, own);
        if let Some(fault) = fault {
            *self.counts.entry(fault).or_default() += 1;
        }
        (fault, own)
    }
}

/// The fault layer.
#[derive(Debug)]
pub struct Faults<P, S> {
    protocol: P,
    service: S,
    plan: Mutex<Plan>,
}

impl<P: Protocol, S: Service> Faults<P, S> {
    pub fn new(protocol: P, service: S, plan: Plan) -> Self {
        Self { protocol, service, plan: Mutex::new(plan) }
    }

    /// The number of faults of each kind.
    pub fn counts(&self) -> BTreeMap<Fault, u64> {
        self.plan().counts.clone()
    }

    /// Ends the faults.
    pub fn end(&self) {
        self.plan().off = true;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A pseudorandom number that depends only on the value.
pub fn number(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

impl<P: Protocol, S: Service> Service for Faults<P, S> {
    async fn answer(&self, request: Request) -> Answer {
        let Some(key) = self.protocol.key(&request) else { return self.service.answer(request).await };
        let (fault, own) = self.plan().next(&key);
        let Some(fault) = fault else { return self.service.answer(request).await };
        match fault {
            Fault::ServerError => Answer::Response(self.protocol.server_error()),
            Fault::Throttled => Answer::Response(self.protocol.throttled()),
            Fault::Slow => {
                let answer = self.service.answer(request).await;
                tokio::time::sleep(Duration::from_millis(own / OF % 300)).await;
                answer
            }
            Fault::CutBefore => Answer::Cut,
            Fault::CutAfter => {
                self.service.answer(request).await;
                Answer::Cut
            }
            Fault::Silent => std::future::pending().await,
            Fault::SilentAfter => {
                self.service.answer(request).await;
                std::future::pending().await
            }
            Fault::KillBefore => {
                self.protocol.kill(&request);
                std::future::pending().await
            }
            Fault::KillAfter => {
                self.service.answer(request.clone()).await;
                self.protocol.kill(&request);
                std::future::pending().await
            }
        }
    }
}
