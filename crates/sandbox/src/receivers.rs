//! The receivers of callbacks. The clock waits for a receiver's answer, but a receiver that does not answer delays only
//! its own further callbacks.

use std::collections::HashMap;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::task::AbortHandle;
use tokio::time::timeout;

use crate::deliveries::{Attempt, Delivered};
use crate::world::Shared;

/// Those that are waited for aside, by origin.
#[derive(Default)]
pub(crate) struct Receivers(Mutex<HashMap<String, Slow>>);

struct Slow {
    behind: UnboundedSender<Attempt>,
    task: AbortHandle,
}

/// An attempt that is being made.
type Sending = Pin<Box<dyn Future<Output = (Attempt, Delivered)> + Send>>;

impl Receivers {
    /// Gives the attempt back unless its receiver is waited for already.
    fn put_behind(&self, attempt: Attempt) -> Option<Attempt> {
        let all = self.all();
        let Some(slow) = all.get(attempt.receiver()) else { return Some(attempt) };
        // Its task takes itself out of the map before it ends.
        slow.behind.send(attempt).err().map(|unsent| unsent.0)
    }

    /// What is next for a receiver that has answered; none, and it is like any other again.
    fn next_or_leave(&self, receiver: &str, behind: &mut UnboundedReceiver<Attempt>) -> Option<Attempt> {
        let mut all = self.all();
        let next = behind.try_recv().ok();
        if next.is_none() {
            all.remove(receiver);
        }
        next
    }

    /// Nothing more is sent to those that are waited for.
    pub(crate) fn forget(&self) {
        for (_, slow) in self.all().drain() {
            slow.task.abort();
        }
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Slow>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    /// Makes an attempt and waits for what becomes of it, as long as the settings say.
    pub(crate) async fn make(self: &Arc<Self>, attempt: Attempt) {
        let Some(attempt) = self.receivers.put_behind(attempt) else { return };
        let wait = Duration::from_millis(self.world().config.receiver_wait_ms);
        let receiver = attempt.receiver().to_owned();
        let mut sending = self.sending(attempt);
        match timeout(wait, sending.as_mut()).await {
            Ok((attempt, delivered)) => self.world().delivered(attempt, delivered),
            Err(_) => self.put_aside(receiver, sending),
        }
    }

    fn sending(&self, attempt: Attempt) -> Sending {
        let http = self.http.clone();
        Box::pin(async move {
            let delivered = attempt.send(&http).await;
            (attempt, delivered)
        })
    }

    fn put_aside(self: &Arc<Self>, receiver: String, sending: Sending) {
        let (behind, queue) = mpsc::unbounded_channel();
        let mut all = self.receivers.all();
        let task = tokio::spawn(attend(Arc::downgrade(self), receiver.clone(), sending, queue)).abort_handle();
        all.insert(receiver, Slow { behind, task });
    }
}

/// Sends one after the other. A receiver stays aside until it answers, so that the clock waits for it once.
async fn attend(sandbox: Weak<Shared>, receiver: String, mut sending: Sending, mut behind: UnboundedReceiver<Attempt>) {
    loop {
        let (attempt, delivered) = sending.await;
        let Some(shared) = sandbox.upgrade() else { return };
        {
            let mut world = shared.world();
            if shared.stopped() {
                return;
            }
            world.delivered(attempt, delivered);
        }
        shared.changed();
        let next = match delivered {
            Delivered::Answered(_) => shared.receivers.next_or_leave(&receiver, &mut behind),
            Delivered::Not(_) => {
                drop(shared);
                behind.recv().await
            }
        };
        let (Some(next), Some(shared)) = (next, sandbox.upgrade()) else { return };
        sending = shared.sending(next);
    }
}
