//! Everything that the sandbox knows, and the one place where its time passes.

use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Semaphore;

use crate::body::ROOM;
use crate::clock::Clock;
use crate::config::Config;
use crate::deliveries::{Attempt, Deliveries};
use crate::faults::Faults;
use crate::ids::Ids;
use crate::log::LogEntry;
use crate::receivers::Receivers;
use crate::stand_in::StandIn;
use crate::stand_ins;

macro_rules! world {
    ($($folder:ident: $StandIn:ident, $Settings:ident, $Script:ident, $about:literal;)*) => {
        /// What can be due on the clock.
        #[derive(Serialize, Deserialize)]
        pub(crate) enum Event {
            /// An attempt of the delivery with this number.
            Deliver(u64),
            $($StandIn(<stand_ins::$folder::$StandIn as StandIn>::Event),)*
        }

        $(impl From<<stand_ins::$folder::$StandIn as StandIn>::Event> for Event {
            fn from(event: <stand_ins::$folder::$StandIn as StandIn>::Event) -> Self {
                Self::$StandIn(event)
            }
        })*

        /// What each of the stand-ins keeps.
        #[derive(Default, Serialize, Deserialize)]
        pub(crate) struct States {
            $(pub(crate) $folder: <stand_ins::$folder::$StandIn as StandIn>::State,)*
        }

        impl World {
            /// What is due at a stand-in; deliveries go their own way, because they need the network.
            fn happen(&mut self, event: Event) {
                match event {
                    Event::Deliver(_) => {}
                    $(Event::$StandIn(event) => stand_ins::$folder::$StandIn::on_event(self, event),)*
                }
            }

            fn forget(&mut self, before: i64) {
                $(stand_ins::$folder::$StandIn::forget(self, before);)*
            }
        }
    };
}
stand_ins::list!(world);

/// The whole state, behind one lock: every request sees the effects of all earlier ones.
#[derive(Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) config: Config,
    #[serde(skip)]
    pub(crate) base_url: String,
    pub(crate) clock: Clock<Event>,
    pub(crate) ids: Ids,
    #[serde(skip)]
    pub(crate) log: Vec<LogEntry>,
    pub(crate) deliveries: Deliveries,
    pub(crate) faults: Faults,
    pub(crate) states: States,
    #[serde(skip)]
    initial: Config,
    /// What is older was dropped.
    #[serde(skip)]
    forgot_before: i64,
    /// How often it was reset: what was under way before means nothing afterwards.
    #[serde(skip)]
    pub(crate) resets: u64,
}

impl World {
    pub(crate) fn new(config: Config, base_url: String) -> Self {
        Self {
            clock: Clock::new(config.start_at, config.real_time),
            ids: Ids::new(config.seed),
            log: Vec::new(),
            deliveries: Deliveries::default(),
            faults: Faults::default(),
            states: States::default(),
            initial: config.clone(),
            config,
            base_url,
            forgot_before: 0,
            resets: 0,
        }
    }

    /// What was there when it was saved, with these settings to go back to in a reset.
    pub(crate) fn restored(saved: &str, initial: Config, base_url: String) -> Result<Self, String> {
        let world: Self = serde_json::from_str(saved).map_err(|error| error.to_string())?;
        let mut world = Self { base_url, initial, ..world };
        world.repeat_interrupted();
        Ok(world)
    }

    /// Back to how it started, settings included.
    pub(crate) fn reset(&mut self) {
        let resets = self.resets + 1;
        *self = Self { resets, ..Self::new(self.initial.clone(), self.base_url.clone()) };
    }

    /// Drops what is older than the settings say. It looks at everything, so not at every occasion.
    fn forget_old(&mut self) {
        let Some(after) = self.config.forget_after_ms else { return };
        let before = self.clock.now().saturating_sub(after);
        if before.saturating_sub(self.forgot_before) >= after / 8 {
            self.forgot_before = before;
            self.forget(before);
        }
    }

    /// Runs what is due now except deliveries, so that the next request sees it.
    fn catch_up(&mut self) {
        loop {
            let due = self.clock.take_due(|event| !matches!(event, Event::Deliver(_)));
            if due.is_empty() {
                return;
            }
            for event in due {
                self.happen(event);
            }
        }
    }

    /// Runs what is due by `until` up to the next attempt of a delivery, which must be made without the lock.
    fn next_attempt(&mut self, until: i64) -> Option<Attempt> {
        while let Some(event) = self.clock.pop_due(until) {
            if let Event::Deliver(id) = event {
                if let Some(attempt) = self.attempt(id) {
                    return Some(attempt);
                }
            } else {
                self.happen(event);
            }
        }
        None
    }
}

/// The world as requests share it.
pub(crate) struct Shared {
    world: Mutex<World>,
    /// Whoever holds this lets time pass. Deliveries are made one after the other, so that every run is the same.
    turn: tokio::sync::Mutex<()>,
    changes: tokio::sync::watch::Sender<()>,
    stopped: AtomicBool,
    /// Somebody waits for the turn to make the deliveries that are due; who comes later needs not wait as well.
    settling: AtomicBool,
    pub(crate) receivers: Receivers,
    /// KiB that long bodies may still take.
    pub(crate) bodies: Semaphore,
    pub(crate) http: reqwest::Client,
}

/// What every handler gets.
pub(crate) type Handle = Arc<Shared>;

impl Shared {
    pub(crate) fn new(world: World) -> reqwest::Result<Handle> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy() // receivers are local
            .user_agent("idvkit-sandbox/0.1 (local emulator)")
            .build()?;
        Ok(Arc::new(Self {
            world: Mutex::new(world),
            turn: tokio::sync::Mutex::new(()),
            changes: tokio::sync::watch::Sender::new(()),
            stopped: AtomicBool::new(false),
            settling: AtomicBool::new(false),
            receivers: Receivers::default(),
            bodies: Semaphore::new(ROOM),
            http,
        }))
    }

    /// From now on nothing happens by itself, and no socket is listened to: the state stays as it is.
    pub(crate) fn stop(&self) {
        // Whoever has the lock is still heard.
        let _world = self.world();
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// To be asked with the lock, where the state is to be changed.
    pub(crate) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Tells of everything that may have changed the state.
    pub(crate) fn changes(&self) -> tokio::sync::watch::Receiver<()> {
        self.changes.subscribe()
    }

    /// Something may have changed the state.
    pub(crate) fn changed(&self) {
        self.changes.send_replace(());
    }

    /// Never held across an await.
    pub(crate) fn world(&self) -> MutexGuard<'_, World> {
        self.world.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs all that is due now, deliveries included.
    pub(crate) async fn settle(self: &Arc<Self>) {
        let _turn = self.turn.lock().await;
        let now = self.world().clock.now();
        self.run(now).await;
    }

    /// Moves the clock forward, stopping at everything that falls due on the way.
    pub(crate) async fn advance(self: &Arc<Self>, ms: i64) {
        let _turn = self.turn.lock().await;
        let (until, real) = {
            let world = self.world();
            (world.clock.now().saturating_add(ms.max(0)), world.clock.is_real())
        };
        if real {
            self.world().clock.set(until);
        }
        self.run(until).await;
        if !real {
            self.world().clock.set(until);
        }
        self.changed();
    }

    /// Jumps to a reading, also backwards; what became due is run with the clock at its new reading.
    pub(crate) async fn set(self: &Arc<Self>, now: i64) {
        let _turn = self.turn.lock().await;
        self.world().clock.set(now);
        self.run(now).await;
        self.changed();
    }

    pub(crate) async fn reset(self: &Arc<Self>) {
        let _turn = self.turn.lock().await;
        self.receivers.forget();
        self.world().reset();
    }

    /// Lets what a request made due happen: at once, but for deliveries, which go out in the background.
    pub(crate) fn kick(self: &Arc<Self>) {
        let deliveries = {
            let mut world = self.world();
            world.catch_up();
            world.forget_old();
            world.clock.has_due()
        };
        self.changed();
        if deliveries && !self.settling.swap(true, Ordering::AcqRel) {
            let shared = Arc::clone(self);
            tokio::spawn(async move {
                let _turn = shared.turn.lock().await;
                shared.settling.store(false, Ordering::Release);
                let now = shared.world().clock.now();
                shared.run(now).await;
            });
        }
    }

    async fn run(self: &Arc<Self>, until: i64) {
        loop {
            let (due, happened) = {
                let mut world = self.world();
                if self.stopped() {
                    return;
                }
                let happens = world.clock.has_due_by(until);
                (world.next_attempt(until), happens)
            };
            if happened {
                self.changed();
            }
            let Some(attempt) = due else { return };
            self.make(attempt).await;
        }
    }
}
