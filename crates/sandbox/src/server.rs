//! The server: as axum's own, but whoever does not finish the head of a request is not waited for.

use std::io;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// Serves until it is told to stop, and then answers what is under way. When it is dropped, nobody is answered any more.
pub(crate) async fn serve(
    listener: TcpListener,
    app: Router,
    head: Duration,
    mut stop: oneshot::Receiver<()>,
) -> io::Result<()> {
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(head);
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    loop {
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            // Those that have ended are let go of.
            Some(_) = connections.join_next() => continue,
            // Told, or the sandbox was dropped.
            _ = &mut stop => break,
        };
        let Ok((stream, _)) = stream else {
            // Too many open files, most likely: some will be closed.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let service = TowerToHyperService::new(app.clone());
        let connection = http.serve_connection_with_upgrades(TokioIo::new(stream), service).into_owned();
        // How a connection ends is the client's business.
        connections.spawn(graceful.watch(connection));
    }
    drop(listener);
    graceful.shutdown().await;
    Ok(())
}
