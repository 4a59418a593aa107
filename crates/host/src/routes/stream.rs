//! The states as server-sent events.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::stream::{self, Stream};
use tokio::sync::broadcast::{self, error::RecvError};

use super::{Host, Problem};
use crate::verifications::{Shown, State as Shows, Verifications};

/// How often it is looked whether another process has changed something.
const PAUSE: Duration = Duration::from_secs(1);

pub(super) async fn events(
    State(host): State<Host>,
    Path(id): Path<String>,
    request: Parts,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    host.admit(&id, request).await?;
    // Subscribed before the first look, so that no change falls between.
    let changes = host.kit.changed.subscribe();
    let first = host.kit.state(&id).await?;
    let watch = Watch { kit: host.kit, id, changes, next: Some(first), sent: None };
    let states = stream::unfold(watch, async |mut watch| {
        let state = watch.next().await?;
        Some((Ok(Event::default().event("state").data(state)), watch))
    });
    Ok(Sse::new(states).keep_alive(KeepAlive::default()))
}

/// Somebody who watches a verification.
struct Watch {
    kit: Verifications,
    id: String,
    changes: broadcast::Receiver<String>,
    /// The first state, until it is sent.
    next: Option<Shows>,
    sent: Option<Shows>,
}

impl Watch {
    /// The next state that differs from the one before; none after the end.
    async fn next(&mut self) -> Option<String> {
        loop {
            if matches!(&self.sent, Some(Shows { shown: Shown::Done { .. }, .. })) {
                return None;
            }
            let state = if let Some(first) = self.next.take() {
                first
            } else {
                self.pause().await;
                // What fails is asked for again: a browser that is cut off would do the same.
                let Ok(state) = self.kit.state(&self.id).await else { continue };
                state
            };
            if self.sent.as_ref() != Some(&state) {
                let text = serde_json::to_string(&state).ok()?;
                self.sent = Some(state);
                return Some(text);
            }
        }
    }

    /// Waits for a change of this verification, or a while.
    async fn pause(&mut self) {
        let changed = async {
            loop {
                match self.changes.recv().await {
                    Ok(id) if id == self.id => return,
                    Ok(_) => {}
                    Err(RecvError::Lagged(_)) => return,
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        // Either is a reason to look.
        let _ = tokio::time::timeout(PAUSE, changed).await;
    }
}
