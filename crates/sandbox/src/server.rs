//! The server: as axum's own, but whoever does not finish a handshake or the head of a request is not waited for.

use std::io;
use std::time::Duration;

use axum::{Extension, Router};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

use crate::address::OverTls;

/// Where clients come in: always plainly, and by TLS if it is wanted.
pub(crate) struct Doors {
    pub(crate) plain: TcpListener,
    pub(crate) tls: Option<(TcpListener, TlsAcceptor)>,
}

impl Doors {
    async fn accept(&self) -> io::Result<(TcpStream, Option<TlsAcceptor>)> {
        let Some((listener, acceptor)) = &self.tls else { return Ok((self.plain.accept().await?.0, None)) };
        tokio::select! {
            accepted = self.plain.accept() => Ok((accepted?.0, None)),
            accepted = listener.accept() => Ok((accepted?.0, Some(acceptor.clone()))),
        }
    }
}

/// Serves until it is told to stop, and then answers what is under way. When it is dropped, nobody is answered any more.
pub(crate) async fn serve(
    doors: Doors,
    app: Router,
    head: Duration,
    mut stop: oneshot::Receiver<()>,
) -> io::Result<()> {
    let over_tls = app.clone().layer(Extension(OverTls));
    let (graceful, mut connections) = (GracefulShutdown::new(), JoinSet::new());
    loop {
        let accepted = tokio::select! {
            accepted = doors.accept() => accepted,
            // Those that have ended are let go of.
            Some(_) = connections.join_next() => continue,
            // Told, or the sandbox was dropped.
            _ = &mut stop => break,
        };
        let Ok((stream, tls)) = accepted else {
            // Too many open files, most likely: some will be closed.
            sleep(Duration::from_millis(100)).await;
            continue;
        };
        let (watcher, app) = (graceful.watcher(), if tls.is_some() { over_tls.clone() } else { app.clone() });
        connections.spawn(async move {
            match tls {
                None => converse(stream, app, head, watcher).await,
                Some(tls) => {
                    if let Ok(Ok(stream)) = timeout(head, tls.accept(stream)).await {
                        converse(stream, app, head, watcher).await;
                    }
                }
            }
        });
    }
    drop(doors);
    graceful.shutdown().await;
    Ok(())
}

async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    app: Router,
    head: Duration,
    watcher: Watcher,
) {
    let mut http = auto::Builder::new(TokioExecutor::new()).http1_only();
    http.http1().timer(TokioTimer::new()).header_read_timeout(head);
    let connection =
        http.serve_connection_with_upgrades(TokioIo::new(stream), TowerToHyperService::new(app)).into_owned();
    // How a connection ends is the client's business.
    let _ = watcher.watch(connection).await;
}
