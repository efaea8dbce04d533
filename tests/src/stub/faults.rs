//! A layer before a stub that makes requests fail, by a plan that a seed gives.
//!
//! What befalls a request hangs on the seed, on what the request is about (its key, such as the deduplication id) and on
//! how many requests there were about it before: not on the order in which concurrent requests come. So the same seed
//! gives the same faults.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::http::{Answer, Request, Response, Service};

/// What befalls a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// A 500; the request had no effect.
    ServerError,
    /// Refused for coming too often.
    Throttled,
    /// Takes effect, answered late, by up to 300 ms.
    Slow,
    /// No effect, and no answer.
    Silent,
    /// Takes effect, but is never answered.
    SilentAfter,
    /// The connection is cut, the request had no effect.
    CutBefore,
    /// Takes effect, then the connection is cut.
    CutAfter,
    /// The client is killed, its request had no effect.
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

/// How often things go wrong.
#[derive(Clone, Debug, Default)]
pub struct Rates {
    /// How many of 10,000 requests a fault befalls; what is not named befalls none.
    pub each: BTreeMap<Fault, u64>,
    /// How many of 10,000 keys the service is out of reach for: their first requests, up to [`OUTAGE`] of them, all fail.
    pub outages: u64,
}

/// The longest outage, in requests about one thing.
pub const OUTAGE: u64 = 20;

const OF: u64 = 10_000;

impl Rates {
    /// The fault of the request that is the `nth` about a key.
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

/// What a layer must know of the protocol that it stands before.
pub trait Protocol: Send + Sync + 'static {
    /// What a request is about; none is spared.
    fn key(&self, request: &Request) -> Option<String>;
    fn server_error(&self) -> Response;
    fn throttled(&self) -> Response;
    /// Kills whoever sent the request.
    fn kill(&self, request: &Request);
}

/// Which request meets which fault.
#[derive(Debug)]
pub struct Plan {
    seed: u64,
    rates: Rates,
    /// How many requests there were of a key.
    requests: HashMap<u64, u64>,
    counts: BTreeMap<Fault, u64>,
    off: bool,
}

impl Plan {
    pub fn new(seed: u64, rates: Rates) -> Self {
        Self { seed, rates, requests: HashMap::new(), counts: BTreeMap::new(), off: false }
    }

    /// The fault of the next request about this, and a number that is the request's own.
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

/// The layer.
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

    /// How many there were of each.
    pub fn counts(&self) -> BTreeMap<Fault, u64> {
        self.plan().counts.clone()
    }

    /// Lets everything through from now on.
    pub fn end(&self) {
        self.plan().off = true;
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A number that looks random, the same for the same value.
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
