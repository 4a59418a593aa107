//! Under which address a client sees the sandbox, which links begin with, and which provider's host it has in mind.

use axum::extract::{Request, State};
use axum::http::uri::{Authority, PathAndQuery};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::Response;
use serde::{Deserialize, Serialize};

use crate::config::Config;
use crate::log::header_text;
use crate::stand_ins;
use crate::world::{Handle, World};

/// Which address links begin with.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Links {
    /// `public_url`, or where the sandbox listens.
    Fixed,
    /// What the client called: scheme and `Host`.
    Host,
    /// What a proxy says that its client called: `Forwarded`, or `X-Forwarded-Host` and `X-Forwarded-Proto`; without them
    /// as `host`. Only behind a proxy that sets them: a client could write them, too.
    Forwarded,
}

/// An address of the sandbox as somebody sees it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) enum Address {
    /// All providers in folders below one URL.
    Folders(String),
    /// At the providers' own hosts, one of which was called, by way of a hosts entry. The port is with its colon.
    Hosts { scheme: String, host: String, port: String },
}

tokio::task_local! {
    /// Of the request that is being answered.
    static CALLED: Address;
}

/// The connection is one of TLS.
#[derive(Clone, Copy)]
pub(crate) struct OverTls;

/// Notes the address, and turns the path of a provider's host into the one in its folder.
pub(crate) async fn arrive(State(shared): State<Handle>, mut request: Request, next: Next) -> Response {
    let (address, folder) = shared.world().called(&request);
    if let Some(folder) = folder {
        *request.uri_mut() = in_folder(request.uri(), &folder);
    }
    CALLED.scope(address, next.run(request)).await
}

impl World {
    /// A link to a path of the sandbox, as whoever is being answered sees it.
    pub(crate) fn link(&self, path: &str) -> String {
        self.link_at(&self.address(), path)
    }

    /// The same for somebody who was answered earlier.
    pub(crate) fn link_at(&self, address: &Address, path: &str) -> String {
        let place = stand_ins::hosts().filter(|(_, folder)| below(path, folder).is_some());
        let hosts: Vec<_> = place.collect();
        let own = hosts.iter().find_map(|(host, folder)| Some((self.config.public_hosts.get(*host)?, *folder)));
        match (address, own) {
            (Address::Hosts { scheme, host, port }, _) => {
                let same = hosts.iter().find(|(other, _)| other == host);
                let (host, folder) = same.or(hosts.first()).copied().unwrap_or((host, ""));
                format!("{scheme}://{host}{port}{}", &path[folder.len()..])
            }
            (Address::Folders(_), Some((url, folder))) => format!("{}{}", base(url), &path[folder.len()..]),
            (Address::Folders(url), None) => format!("{url}{path}"),
        }
    }

    /// How the client of this request sees the sandbox; outside of one, what is fixed.
    pub(crate) fn address(&self) -> Address {
        CALLED.try_with(Clone::clone).unwrap_or_else(|_| self.fixed())
    }

    fn fixed(&self) -> Address {
        Address::Folders(
            self.config.public_url.as_deref().map_or_else(|| self.base_url.clone(), |url| base(url).into()),
        )
    }

    /// The address, and the folder that stands for the host that was called, if one does.
    fn called(&self, request: &Request) -> (Address, Option<String>) {
        let (tls, config) = (request.extensions().get::<OverTls>().is_some(), &self.config);
        let Some((scheme, authority)) = origin(request, config.links, tls) else { return (self.fixed(), None) };
        let host = authority.host().to_ascii_lowercase();
        let path = request.uri().path();
        // What the pages of a stand-in load has its folder already.
        let whole = path.starts_with("/_sandbox/")
            || stand_ins::ALL.iter().any(|it| below(path, &format!("/{}", it.name())).is_some());
        let folder = |folder: &str| (!whole).then(|| folder.to_owned());
        if let Some((host, place)) = stand_ins::hosts().find(|(known, _)| *known == host) {
            let port = authority.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
            return (Address::Hosts { scheme, host: host.to_owned(), port }, folder(place));
        }
        let is_called = |url: &String| host_of(url).is_some_and(|own| own == authority.as_str().to_ascii_lowercase());
        let public = config.public_hosts.iter().find(|(_, url)| is_called(url)).map(|(host, _)| host.as_str());
        if let Some((_, place)) = stand_ins::hosts().find(|(known, _)| Some(*known) == public) {
            return (self.fixed(), folder(place));
        }
        (if self.follows_host(tls) { Address::Folders(format!("{scheme}://{authority}")) } else { self.fixed() }, None)
    }

    /// Where it listens everywhere no one address is right for all clients, and what is fixed is no address of TLS.
    fn follows_host(&self, tls: bool) -> bool {
        let config = &self.config;
        match config.links {
            Some(links) => links != Links::Fixed,
            None => config.public_url.is_none() && (tls || config.listen.ip().is_unspecified()),
        }
    }
}

/// What links can begin with: a URL with a host, and no more than a path behind it.
pub(crate) fn check(config: &Config) -> Result<(), String> {
    let fit = |url: &str| {
        let parsed: Option<Uri> = url.parse().ok();
        parsed.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.query().is_none())
            && !url.contains(['#', '@', '"', '\'', '<', '>'])
    };
    if config.public_url.as_deref().is_some_and(|url| !fit(url)) {
        return Err("public_url must be a URL such as https://sandbox.shop.example, without query or fragment".into());
    }
    for (host, url) in &config.public_hosts {
        if !stand_ins::hosts().any(|(known, _)| known == host) {
            let known: Vec<&str> = stand_ins::hosts().map(|(known, _)| known).collect();
            return Err(format!("public_hosts: {host} is none of {}", known.join(", ")));
        }
        if !fit(url) {
            return Err(format!("public_hosts.{host} must be a URL without query or fragment"));
        }
    }
    Ok(())
}

/// Host and port of a URL that has no path.
pub(crate) fn host_of(url: &str) -> Option<String> {
    let rest = base(url).split_once("://")?.1;
    (!rest.contains('/')).then(|| rest.to_ascii_lowercase())
}

fn base(url: &str) -> &str {
    url.trim_end_matches('/')
}

/// What of a path lies below a folder.
fn below<'a>(path: &'a str, folder: &str) -> Option<&'a str> {
    path.strip_prefix(folder).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// Scheme and authority that the client called.
fn origin(request: &Request, links: Option<Links>, tls: bool) -> Option<(String, Authority)> {
    let headers = request.headers();
    let own = if tls { "https" } else { "http" };
    let (scheme, host) = forwarded(headers).filter(|_| links == Some(Links::Forwarded)).unwrap_or((None, None));
    let scheme = scheme.filter(|scheme| scheme == "http" || scheme == "https").unwrap_or_else(|| own.into());
    // A client that takes the sandbox for a proxy names the host in the request line.
    let called = request.uri().authority().map(ToString::to_string);
    let host = host.or(called).or_else(|| header_text(headers, header::HOST.as_str()).map(Into::into))?;
    let authority: Authority = host.parse().ok().filter(|_| !host.contains('@'))?;
    Some((scheme, authority))
}

/// Scheme and host by RFC 7239, or by the headers that came before it; of several proxies the first.
fn forwarded(headers: &HeaderMap) -> Option<(Option<String>, Option<String>)> {
    let first = |name: &str| Some(header_text(headers, name)?.split(',').next()?.trim().to_owned());
    if let Some(element) = first("forwarded") {
        let member = |name: &str| {
            element.split(';').filter_map(|pair| pair.split_once('=')).find_map(|(key, value)| {
                key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
            })
        };
        return Some((member("proto").map(|scheme| scheme.to_ascii_lowercase()), member("host")));
    }
    let (scheme, host) = (first("x-forwarded-proto"), first("x-forwarded-host"));
    (scheme.is_some() || host.is_some()).then(|| (scheme.map(|scheme| scheme.to_ascii_lowercase()), host))
}

fn in_folder(uri: &Uri, folder: &str) -> Uri {
    let rest = uri.path_and_query().map_or("/", PathAndQuery::as_str);
    format!("{folder}{rest}").parse().unwrap_or_else(|_| uri.clone())
}
