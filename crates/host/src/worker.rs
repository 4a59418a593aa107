//! The worker: advances what is due, delivers outcomes, and erases what is old.

use std::{future::Future, pin::pin, time::Duration};

use tokio::task::JoinSet;

use crate::verifications::Verifications;

/// How many verifications a worker advances at a time.
const AT_ONCE: usize = 50;
/// How often a worker looks whether something is due, if nothing wakes it.
const PAUSE: Duration = Duration::from_secs(1);

impl Verifications {
    /// Works until it is dropped: advances what is due, delivers outcomes to `on_outcome`, and erases what is older than the
    /// retention. A process may have several workers, and several machines may have some on the same database.
    pub async fn work(self) {
        self.work_until(std::future::pending()).await;
    }

    /// Works until `stop` is ready, and then finishes what it has begun.
    pub async fn work_until(self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        let mut running = JoinSet::new();
        let (mut alarm, mut erasing) = (Alarm::default(), JoinSet::new());
        loop {
            let full = self.take(&mut running).await;
            if erasing.try_join_next().is_some() || erasing.is_empty() {
                let kit = self.clone();
                erasing.spawn(async move { kit.erase_old().await });
            }
            tokio::select! {
                () = &mut stop => break,
                Some(_) = running.join_next(), if full => {}
                () = self.wake.notified(), if !full => {}
                () = alarm.rings(&self.database), if !full => {}
                () = tokio::time::sleep(PAUSE) => {}
            }
            while running.try_join_next().is_some() {}
        }
        while running.join_next().await.is_some() {}
        while erasing.join_next().await.is_some() {}
    }

    /// Begins with as much of what is due as there is room for. Returns whether there is no more room.
    async fn take(&self, running: &mut JoinSet<()>) -> bool {
        let room = AT_ONCE.saturating_sub(running.len());
        if room == 0 {
            return true;
        }
        let due = match self.database.take_due(self.now(), room, self.act.is_some()).await {
            Ok(due) => due,
            Err(error) => {
                tracing::error!(%error, "the worker cannot take what is due; it tries again");
                return false;
            }
        };
        let full = due.len() == room;
        for id in due {
            let kit = self.clone();
            running.spawn(async move { kit.look_at(&id).await });
        }
        full
    }

    /// After an error the lease stays: the verification is tried again after a minute.
    async fn look_at(&self, id: &str) {
        let looked = match self.advance(id).await {
            Ok((_, revision)) => self.database.release(id, revision).await.map_err(Into::into),
            Err(error) => Err(error),
        };
        if let Err(error) = looked {
            tracing::error!(verification = id, %error, "a verification cannot be advanced; it is tried again after a minute");
        }
    }

    async fn erase_old(&self) {
        let Some(retention) = self.retention else { return };
        let until = self.now().0.saturating_sub(retention);
        let mut after = (0, String::new());
        loop {
            let old = match self.database.old((after.0, &after.1), until).await {
                Ok(old) => old,
                Err(error) => return tracing::error!(%error, "the worker cannot look for what is old; it tries again"),
            };
            let Some(last) = old.last().cloned() else { return };
            for (_, id) in old {
                if let Err(error) = self.erased(&id, true, "retention").await {
                    tracing::error!(verification = id, %error, "a verification cannot be erased; it is tried again");
                }
            }
            after = last;
        }
    }
}

/// `PostgreSQL`'s notice that a row is due.
#[derive(Default)]
struct Alarm {
    #[cfg(feature = "postgres")]
    listener: Option<sqlx::postgres::PgListener>,
}

impl Alarm {
    /// Waits for a notice; for ever where there are none. It is only a shortcut: what fails is tried again after a pause.
    #[cfg(feature = "postgres")]
    async fn rings(&mut self, database: &crate::Database) {
        if self.listener.is_none() {
            match database.alarm().await {
                Ok(Some(listener)) => self.listener = Some(listener),
                Ok(None) => return std::future::pending().await,
                Err(error) => {
                    tracing::warn!(%error, "the worker cannot listen; it looks once a second");
                    return std::future::pending().await;
                }
            }
        }
        if let Some(listener) = &mut self.listener
            && listener.recv().await.is_err()
        {
            self.listener = None;
        }
    }

    #[cfg(not(feature = "postgres"))]
    #[expect(clippy::unused_self, reason = "the same call with the feature")]
    fn rings(&mut self, _database: &crate::Database) -> std::future::Pending<()> {
        std::future::pending()
    }
}
