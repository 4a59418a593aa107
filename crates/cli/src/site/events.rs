//! A session's timeline as server-sent events: what was missed first, then what comes.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::{Path, State},
    http::HeaderMap,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event, KeepAlive},
    },
};
use futures_util::{StreamExt, stream};
use tokio::sync::watch;

use super::{http::Problem, shop::Shop};

/// News of another process on the same file are not told; they are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// `GET /api/sessions/{id}/events`; `Last-Event-ID` says which entry a browser saw last.
pub(super) async fn events(
    State(shop): State<Arc<Shop>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    shop.row(&id)?;
    let last = headers.get("last-event-id").and_then(|value| value.to_str().ok());
    let seen = last.and_then(|text| text.trim().parse().ok()).unwrap_or(0);
    let news = shop.news();
    let batches = stream::unfold(Reader { shop, id, seen, news, is_first: true }, |mut reader| async move {
        let batch = reader.batch().await;
        Some((stream::iter(batch), reader))
    });
    let keep_alive = KeepAlive::new().interval(KEEP_ALIVE);
    Ok(Sse::new(batches.flatten()).keep_alive(keep_alive).into_response())
}

struct Reader {
    shop: Arc<Shop>,
    id: String,
    seen: i64,
    news: watch::Receiver<()>,
    is_first: bool,
}

impl Reader {
    /// The entries after the last one that was seen, as soon as there are any.
    async fn batch(&mut self) -> Vec<Result<Event, Infallible>> {
        loop {
            // Seen before the entries are read: what is written in between is told again, not lost.
            self.news.borrow_and_update();
            let entries = self.shop.ledger().events_after(&self.id, self.seen).unwrap_or_default();
            if let Some((newest, _)) = entries.last() {
                self.seen = *newest;
                self.is_first = false;
                return entries.into_iter().map(|(number, entry)| Ok(event(number, entry))).collect();
            }
            if std::mem::take(&mut self.is_first) {
                // The answer's headers go out at once, although there is nothing to tell yet.
                return vec![Ok(Event::default().comment("nothing new"))];
            }
            // Either way it is time to look.
            let _ = tokio::time::timeout(LOOK_EVERY, self.news.changed()).await;
        }
    }
}

fn event(number: i64, entry: String) -> Event {
    Event::default().id(number.to_string()).data(entry)
}
