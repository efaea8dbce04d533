//! The chaos test: the real functions between simulated vendors and a failing AWS must lose no event and let none take
//! effect twice.
//!
//! Every vendor posts over HTTP to a small gateway, which passes the webhook through the Runtime API to the real
//! function. The function uses SQS and S3. The real sample consumer, fed as by Lambda, uses DynamoDB. Each service has
//! a layer of faults that depends on a seed. When the vendors have finished, stored webhooks are replayed and dead
//! letters are moved back. A ledger then compares the responses to the vendors with the events in effect.
#![expect(clippy::arithmetic_side_effects, reason = "no counter or time here comes near its type's end")]

mod ends;
mod gateway;
pub mod ledger;
pub mod lives;
mod mapping;
mod protocols;
mod replay;
mod report;
mod sender;
mod webhooks;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::ensure;
use crm_normalize::Vendor;
use crm_normalize::outcome::Outcome;
use crm_samples::retries::Retries;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;

use gateway::{Gateway, Pool};
use ledger::{Entry, Told};
use lives::Life;
use mapping::Mapping;
use protocols::{Killers, OfDynamoDb, OfGateway, OfS3, OfSqs};
pub use report::Report;
use sender::{Sender, redeliveries};
use tests::stub::dynamodb::DynamoDb;
use tests::stub::faults::{Fault, Faults, Plan, Rates, number};
use tests::stub::http::Server;
use tests::stub::runtime_api::{Environment, Function, Log};
use tests::stub::s3::S3;
use tests::stub::sqs::{Settings, Sqs};
use webhooks::{Catalogue, Delivery, Expected};

const QUEUE: &str = "crm-events.fifo";
const DEAD_LETTERS: &str = "crm-events-dead-letters.fifo";
const QUARANTINE: &str = "crm-quarantine";
const BUCKET: &str = "crm-overflow";
const VIEW: &str = "crm-view";
const CONSUMER: &str = "consumer";

/// SQS's deduplication interval, five minutes at AWS. It is short here, so that the consumer must recognize most
/// redeliveries.
const DEDUPLICATION: Duration = Duration::from_millis(200);
/// The visibility timeout, three minutes in the template.
const VISIBILITY: Duration = Duration::from_secs(2);
/// The factor by which failed messages come back sooner.
const HURRY: u32 = 90;
/// The queue's `maxReceiveCount`, as in the template.
const MAX_RECEIVES: u32 = 8;
const FUNCTION_TIMEOUT: Duration = Duration::from_secs(10);
const CONSUMER_TIMEOUT: Duration = Duration::from_secs(30);
/// If no message leaves the queue for this time, they are stuck.
const STUCK: Duration = Duration::from_secs(60);
const TICK: Duration = Duration::from_secs(5);

/// A run's settings.
#[derive(Clone, Debug)]
pub struct Options {
    pub seed: u64,
    pub deliveries: u64,
    /// Number of concurrent posts.
    pub concurrency: usize,
    /// Processes of each vendor's function.
    pub processes: usize,
    /// Processes of the consumer.
    pub consumers: usize,
    /// Factor for the usual number of faults.
    pub faults: u64,
    /// The folder of the functions' binaries.
    pub binaries: PathBuf,
    /// A folder for the functions' logs.
    pub logs: Option<PathBuf>,
}

impl fmt::Display for Options {
    /// The command that repeats the run.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { seed, deliveries, concurrency, processes, consumers, faults, .. } = self;
        let posted = format!("--seed {seed} --deliveries {deliveries} --concurrency {concurrency}");
        let met = format!("--processes {processes} --consumers {consumers} --faults {faults}");
        write!(f, "make chaos CHAOS=\"{posted} {met}\"")
    }
}

/// Runs the test, and reports the progress.
///
/// # Errors
/// If the set-up fails. Lost events and double effects are in the report.
pub async fn run(options: Options, progress: impl Fn(&str)) -> anyhow::Result<Report> {
    let started = Instant::now();
    let world = Arc::new(World::start(&options).await?);
    let catalogue = Arc::new(Catalogue::read()?);
    let sending = world.send_all(&options, &catalogue);
    tokio::pin!(sending);
    let mut tick = tokio::time::interval(TICK);
    tick.tick().await;
    let (entries, lives) = loop {
        tokio::select! {
            sent = &mut sending => break sent?,
            _ = tick.tick() => progress(&world.progress(&options, started)),
        }
    };
    let draining = world.drain();
    tokio::pin!(draining);
    let mut last = (world.undelivered(), Instant::now());
    while last.1.elapsed() < STUCK {
        tokio::select! {
            drained = &mut draining => {
                drained?;
                break;
            }
            _ = tick.tick() => progress(&world.progress(&options, started)),
        }
        if world.undelivered() != last.0 {
            last = (world.undelivered(), Instant::now());
        }
    }
    let (ends, wrong_states) = {
        let received = world.mapping.traced.lock().unwrap_or_else(PoisonError::into_inner);
        ends::ends(&lives, &entries, &received, &world.tables)?
    };
    Ok(Report {
        ends,
        wrong_states,
        vendors: catalogue.vendors().map(|vendor| vendor.name).collect(),
        balance: ledger::balance(&entries, &world.tables),
        posts: world.posts(),
        faults: world.faults(),
        counts: world.counts(),
        kills: world.functions.iter().map(|pool| pool.kills()).sum(),
        write_units: world.tables.write_units(),
        undelivered: u64::try_from(world.undelivered())?,
        took: started.elapsed(),
        options: options.clone(),
    })
}

/// All services between a vendor and an effect.
struct World {
    sqs: Sqs,
    s3: S3,
    tables: DynamoDb,
    sqs_faults: Arc<Faults<OfSqs, Sqs>>,
    s3_faults: Arc<Faults<OfS3, S3>>,
    table_faults: Arc<Faults<OfDynamoDb, DynamoDb>>,
    gateway_faults: Arc<Faults<OfGateway, Gateway>>,
    functions: Vec<Arc<Pool>>,
    consumers: Arc<Pool>,
    mapping: Arc<Mapping>,
    sender: Sender,
    retries: BTreeMap<&'static str, Retries>,
    posts: Mutex<BTreeMap<&'static str, u64>>,
    done: AtomicU64,
    replayed: AtomicU64,
    redriven: AtomicU64,
    _servers: [Server; 4],
    _pollers: JoinSet<()>,
}

/// The fault rates per 10,000 requests. Faults that take seconds are rare.
fn rates(times: u64, outages: u64) -> Rates {
    let each = [
        (Fault::ServerError, 150),
        (Fault::Throttled, 150),
        (Fault::Slow, 150),
        (Fault::Silent, 5),
        (Fault::SilentAfter, 10),
        (Fault::CutBefore, 100),
        (Fault::CutAfter, 150),
        (Fault::KillBefore, 10),
        (Fault::KillAfter, 15),
    ];
    Rates { each: each.map(|(fault, rate)| (fault, rate * times)).into(), outages: outages * times }
}

impl World {
    async fn start(options: &Options) -> anyhow::Result<Self> {
        let seed = options.seed;
        let (sqs, s3, tables) = (Sqs::default(), S3::default(), DynamoDb::default());
        let dead_letters = Some((DEAD_LETTERS.to_owned(), MAX_RECEIVES));
        let main = Settings {
            deduplication: DEDUPLICATION,
            visibility: VISIBILITY,
            hurry: HURRY,
            dead_letters,
            ..Settings::of(QUEUE)
        };
        sqs.create(QUEUE, main);
        sqs.create(DEAD_LETTERS, Settings::of(DEAD_LETTERS));
        sqs.create(QUARANTINE, Settings::of(QUARANTINE));
        s3.create(BUCKET);
        tables.create(VIEW, &["partitionkey"]);

        let killers = Killers::default();
        let plan = |service: u64, outages| Plan::new(number(&(seed, service)), rates(options.faults, outages));
        let sqs_faults = Arc::new(Faults::new(OfSqs(killers.clone()), sqs.clone(), plan(1, 150)));
        let s3_faults = Arc::new(Faults::new(OfS3(killers.clone()), s3.clone(), plan(2, 0)));
        let table_faults = Arc::new(Faults::new(OfDynamoDb(killers.clone()), tables.clone(), plan(3, 20)));
        let sqs_server = Server::start(sqs_faults.clone()).await?;
        let s3_server = Server::start(s3_faults.clone()).await?;
        let table_server = Server::start(table_faults.clone()).await?;

        let environments = |function: &Function, processes| {
            let environments = (0..processes).map(|number| {
                let access_key = format!("AKID{}{number}", function.name);
                let environment = Environment::new(function.clone().variable("AWS_ACCESS_KEY_ID", &*access_key));
                killers.insert(access_key, environment.killer());
                environment
            });
            Pool::new(environments.collect())
        };
        let mut pools = BTreeMap::new();
        for vendor in crm_normalize::crm::ALL {
            let mut function = function(options, vendor.name)?
                .variable("AWS_ENDPOINT_URL_SQS", sqs_server.url())
                .variable("AWS_ENDPOINT_URL_S3", s3_server.url())
                .variable("QUEUE_URL", Sqs::queue_url(&sqs_server.url(), QUEUE))
                .variable("QUARANTINE_QUEUE_URL", Sqs::queue_url(&sqs_server.url(), QUARANTINE))
                .variable("OVERFLOW_BUCKET", BUCKET)
                .variable("WEBHOOK_SECRETS", crm_samples::secrets(vendor));
            function.timeout = FUNCTION_TIMEOUT;
            pools.insert(vendor.name, environments(&function, options.processes));
        }
        let mut consumer = function(options, CONSUMER)?
            .variable("AWS_ENDPOINT_URL_DYNAMODB", table_server.url())
            .variable("AWS_ENDPOINT_URL_S3", s3_server.url())
            .variable("AWS_ENDPOINT_URL_SQS", sqs_server.url())
            .variable("QUEUE_URL", Sqs::queue_url(&sqs_server.url(), QUEUE))
            .variable("DEAD_LETTER_QUEUE_URL", Sqs::queue_url(&sqs_server.url(), DEAD_LETTERS))
            .variable("VIEW_TABLE", VIEW);
        consumer.timeout = CONSUMER_TIMEOUT;
        let consumers = environments(&consumer, options.consumers);

        let functions = pools.values().cloned().collect();
        // Responses to the vendor may be late or lost.
        let lost = Rates { each: [(Fault::Slow, 100), (Fault::CutAfter, 50)].into(), outages: 0 };
        let lost = Plan::new(number(&(seed, 4)), lost);
        let gateway_faults = Arc::new(Faults::new(OfGateway, Gateway(pools), lost));
        let gateway_server = Server::start(gateway_faults.clone()).await?;

        let of_crm = |vendor: &&Vendor| anyhow::Ok((vendor.name, Retries::of_crm(&tests::root(), vendor.name)?));
        let retries: anyhow::Result<_> = crm_normalize::crm::ALL.iter().map(of_crm).collect();

        let (queue, counts, traced) = (QUEUE, mapping::Counts::default(), Mutex::default());
        let mapping = Arc::new(Mapping {
            sqs: sqs.clone(),
            queue,
            consumers: consumers.clone(),
            seed,
            twice: 200,
            counts,
            traced,
        });
        let mut pollers = JoinSet::new();
        for _ in 0..options.consumers {
            pollers.spawn(mapping.clone().poll());
        }
        Ok(Self {
            sqs,
            s3,
            tables,
            sqs_faults,
            s3_faults,
            table_faults,
            gateway_faults,
            functions,
            consumers,
            mapping,
            sender: Sender::new(gateway_server.url()),
            retries: retries?,
            posts: Mutex::default(),
            done: AtomicU64::new(0),
            replayed: AtomicU64::new(0),
            redriven: AtomicU64::new(0),
            _servers: [sqs_server, s3_server, table_server, gateway_server],
            _pollers: pollers,
        })
    }

    /// Delivers all webhooks, each until its vendor gets a 200 or gives up. Half of them are about records with a life;
    /// each of these is sent after the first attempt of the previous one.
    async fn send_all(
        self: &Arc<Self>,
        options: &Options,
        catalogue: &Arc<Catalogue>,
    ) -> anyhow::Result<(Vec<Entry>, Vec<Life>)> {
        let posting = Arc::new(Semaphore::new(options.concurrency));
        // Deliveries that wait for their next attempt do not block others, up to a limit.
        let under_way = Arc::new(Semaphore::new(options.concurrency * 8));
        let mut deliveries = JoinSet::new();
        let (mut entries, mut lives) = (Vec::new(), Vec::new());
        let of_lives = options.deliveries / 2 / lives::STEPS * lives::STEPS;
        let single = options.deliveries - of_lives;
        let steps = usize::try_from(lives::STEPS)?;
        for index in (0..single).chain((single..options.deliveries).step_by(steps)) {
            let permit = under_way.clone().acquire_owned().await?;
            let (world, posting, seed) = (self.clone(), posting.clone(), options.seed);
            if index < single {
                let delivery = catalogue.delivery(seed, index, single)?;
                deliveries.spawn(async move {
                    let first = oneshot::channel().0;
                    let entry = world.deliver(index, delivery, &posting, seed, None, first).await?;
                    drop(permit);
                    Ok((vec![entry], None))
                });
            } else {
                deliveries.spawn(async move {
                    let (entries, life) = world.live(seed, index, &posting).await?;
                    drop(permit);
                    anyhow::Ok((entries, Some(life)))
                });
            }
            while let Some(sent) = deliveries.try_join_next() {
                let (some, life) = sent??;
                entries.extend(some);
                lives.extend(life);
            }
        }
        while let Some(sent) = deliveries.join_next().await {
            let (some, life) = sent??;
            entries.extend(some);
            lives.extend(life);
        }
        Ok((entries, lives))
    }

    /// Delivers the webhooks of one record's life, which have the numbers from `first` on.
    #[expect(clippy::disallowed_methods, reason = "the functions go by the real clock")]
    async fn live(
        self: &Arc<Self>,
        seed: u64,
        first: u64,
        posting: &Arc<Semaphore>,
    ) -> anyhow::Result<(Vec<Entry>, Life)> {
        let mut life = Life::new(seed, first / lives::STEPS, jiff::Timestamp::now())?;
        let mut sending = JoinSet::new();
        for index in first..first + lives::STEPS {
            let delivery = life.live(index)?;
            let late = lives::lateness(seed, index);
            let (world, posting, (first, sent)) = (self.clone(), posting.clone(), oneshot::channel());
            sending.spawn(async move { world.deliver(index, delivery, &posting, seed, late, first).await });
            let _ = sent.await;
        }
        let mut entries = Vec::new();
        while let Some(entry) = sending.join_next().await {
            entries.push(entry??);
        }
        Ok((entries, life))
    }

    /// Delivers one webhook. Notifies `sent` after the first attempt, or if the webhook is late.
    async fn deliver(
        &self,
        index: u64,
        delivery: Delivery,
        posting: &Semaphore,
        seed: u64,
        late: Option<Duration>,
        sent: oneshot::Sender<()>,
    ) -> anyhow::Result<Entry> {
        let own = number(&(seed, index, "own"));
        let mut sent = Some(sent);
        if let Some(late) = late {
            sent = None;
            tokio::time::sleep(late).await;
        }
        let Delivery { vendor, webhook, events } = delivery;
        let mut told = Told::GaveUp;
        let mut attempts = 0;
        let (mut misses, mut answers) = (Vec::new(), Vec::new());
        let mut wrong_answer = false;
        let mut pauses =
            self.retries.get(vendor.name).map(|retries| redeliveries(retries, own)).unwrap_or_default().into_iter();
        // One in fifty is sent again although it was answered 200, because vendors may do so.
        let mut once_more = pauses.len() > 0 && own.is_multiple_of(50);
        loop {
            let permit = posting.acquire().await?;
            attempts += 1;
            *self.posts.lock().unwrap_or_else(PoisonError::into_inner).entry(vendor.name).or_default() += 1;
            let reply = self.sender.post(vendor, &webhook).await;
            drop(permit);
            sent = sent.and(None);
            match reply {
                Ok(outcome) => {
                    told = if matches!(outcome, Some(Outcome::Stored { .. })) { Told::Stored } else { Told::Accepted };
                    if let Some(event_ids) = outcome.map(|outcome| outcome.events().to_vec()) {
                        let is_own =
                            |(event, id): (&Expected, &String)| event.event_id.as_ref().is_none_or(|own| own == id);
                        wrong_answer |= events.len() != event_ids.len() || !events.iter().zip(&event_ids).all(is_own);
                        answers.push(event_ids);
                    }
                    if !std::mem::take(&mut once_more) {
                        break;
                    }
                }
                Err(miss) => misses.push(miss),
            }
            let Some(pause) = pauses.next() else { break };
            tokio::time::sleep(pause).await;
        }
        self.done.fetch_add(1, Ordering::Relaxed);
        Ok(Entry { number: index, vendor: vendor.name, events, told, attempts, answers, misses, wrong_answer })
    }

    /// Waits until all events are in effect: first with the faults, then without them, after the replay and the
    /// redrive.
    async fn drain(&self) -> anyhow::Result<()> {
        self.sqs.drained(QUEUE).await;
        self.sqs_faults.end();
        self.s3_faults.end();
        self.table_faults.end();
        let replayed = replay::overflow(&self.s3, &self.sqs).await?;
        self.replayed.store(replayed, Ordering::Relaxed);
        let redriven = self.sqs.redrive(DEAD_LETTERS, QUEUE);
        self.redriven.store(u64::try_from(redriven)?, Ordering::Relaxed);
        self.sqs.drained(QUEUE).await;
        Ok(())
    }

    /// The number of messages on the queues that must end up empty.
    fn undelivered(&self) -> usize {
        let counts = [QUEUE, DEAD_LETTERS].map(|queue| self.sqs.counts(queue));
        counts.iter().map(|counts| counts.waiting + counts.in_flight).sum()
    }

    fn progress(&self, options: &Options, started: Instant) -> String {
        let queue = self.sqs.counts(QUEUE);
        let (done, of, waiting) =
            (self.done.load(Ordering::Relaxed), options.deliveries, queue.waiting + queue.in_flight);
        format!("{:>4.0} s: {done} of {of} delivered, {waiting} on the queue", started.elapsed().as_secs_f64())
    }

    fn posts(&self) -> BTreeMap<&'static str, u64> {
        self.posts.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn faults(&self) -> Vec<(&'static str, BTreeMap<Fault, u64>)> {
        vec![
            ("SQS", self.sqs_faults.counts()),
            ("S3", self.s3_faults.counts()),
            ("DynamoDB", self.table_faults.counts()),
            ("gateway", self.gateway_faults.counts()),
        ]
    }

    fn counts(&self) -> Vec<(&'static str, u64)> {
        let mapping = &self.mapping.counts;
        let queue = self.sqs.counts(QUEUE);
        let count = |count: &AtomicU64| count.load(Ordering::Relaxed);
        vec![
            ("function processes started", self.functions.iter().map(|pool| pool.starts()).sum()),
            ("of them killed in the middle of a webhook", self.functions.iter().map(|pool| pool.kills()).sum()),
            ("consumer processes started", self.consumers.starts()),
            ("of them killed in the middle of a batch", self.consumers.kills()),
            ("messages sent to the queue", queue.sent),
            ("of them dropped by SQS as duplicates", queue.dropped),
            ("batches handed to the consumer", count(&mapping.batches)),
            ("of them twice at the same time", count(&mapping.twice)),
            ("of them without an answer", count(&mapping.failed)),
            ("messages that the consumer reported failed", count(&mapping.reported)),
            ("webhooks replayed from the overflow store", count(&self.replayed)),
            ("messages moved back from the dead-letter queue", count(&self.redriven)),
        ]
    }
}

fn function(options: &Options, name: &str) -> anyhow::Result<Function> {
    let binary = options.binaries.join(name);
    ensure!(binary.exists(), "{} is missing: build the functions first", binary.display());
    let mut function = Function::new(name, binary).variable("LOG_LEVEL", "ERROR");
    if let Some(logs) = &options.logs {
        function.log = Log::File(log(logs, name));
    }
    Ok(function)
}

fn log(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}
