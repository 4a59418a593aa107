//! Clients in containers, emulators, phones, behind tunnels and with hard-wired hosts: what they call, and what links lead to.
#![allow(clippy::unwrap_used)]

mod common;

use std::fs;
use std::net::SocketAddr;

use common::{ENROLLMENT, Receiver, USER_AGENT, http};
use idvkit_sandbox::{Config, Links, Sandbox};
use reqwest::{Certificate, Client, RequestBuilder};
use serde_json::{Value, json};

/// A Jumio initiate at this base URL.
fn initiate(client: &Client, base: &str, callback: &str) -> RequestBuilder {
    client
        .post(format!("{base}/api/authentication/v1/web/initiate"))
        .header("user-agent", USER_AGENT)
        .header("accept", "application/json")
        .basic_auth("sandbox-jumio-token", Some("sandbox-jumio-secret"))
        .json(&json!({ "enrollmentTransactionReference": ENROLLMENT, "callbackUrl": callback }))
}

/// Where the user is sent, when the request is changed so.
async fn link(sandbox: &Sandbox, change: impl FnOnce(RequestBuilder) -> RequestBuilder) -> String {
    let base = format!("{}/jumio/us", sandbox.base_url());
    let request = change(initiate(&http(), &base, "https://merchant.example/cb"));
    redirect_url(request).await
}

async fn redirect_url(request: RequestBuilder) -> String {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{}", common::hint(&response));
    let answer: Value = response.json().await.unwrap();
    answer["redirectUrl"].as_str().unwrap().to_owned()
}

fn anywhere() -> SocketAddr {
    "0.0.0.0:0".parse().unwrap()
}

#[tokio::test]
async fn a_sandbox_that_listens_everywhere_links_to_what_was_called() {
    let sandbox = Sandbox::with(Config { listen: anywhere(), ..Config::default() }).await.unwrap();
    assert!(sandbox.base_url().starts_with("http://127.0.0.1:"), "{}", sandbox.base_url());
    for host in ["host.docker.internal:8088", "10.0.2.2:8088", "192.168.1.7:8088", "sandbox", "tunnel.example"] {
        let link = link(&sandbox, |request| request.header("host", host)).await;
        assert!(link.starts_with(&format!("http://{host}/jumio/us/web/v4/app?")), "{link}");
    }
    let steer = |host| http().get(format!("{}/_sandbox/clock", sandbox.base_url())).header("host", host).send();
    assert_eq!(steer("host.docker.internal:8088").await.unwrap().status(), 200);
    assert_eq!(steer("tunnel.example").await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_sandbox_of_this_machine_links_to_where_it_listens_unless_told_otherwise() {
    let sandbox = Sandbox::start().await.unwrap();
    let fixed =
        link(&sandbox, |request| request.header("host", "localhost:9").header("forwarded", "host=x.example")).await;
    assert!(fixed.starts_with(&format!("{}/jumio/us/web/", sandbox.base_url())), "{fixed}");

    sandbox.control().configure(|config| config.links = Some(Links::Forwarded));
    for (name, value, wanted) in [
        (
            "forwarded",
            "for=192.0.2.7;host=sandbox.tunnel.example;proto=https, for=10.0.0.1",
            "https://sandbox.tunnel.example/",
        ),
        ("forwarded", "proto=https;host=\"t.example:8443\"", "https://t.example:8443/"),
        ("x-forwarded-host", "one.example, two.example", "http://one.example/"),
        ("host", "localhost:9", "http://localhost:9/"),
    ] {
        let link = link(&sandbox, |request| request.header(name, value)).await;
        assert!(link.starts_with(&format!("{wanted}jumio/us/web/")), "{value}: {link}");
    }
    let both =
        |request: RequestBuilder| request.header("x-forwarded-proto", "https").header("x-forwarded-host", "a.example");
    assert!(link(&sandbox, both).await.starts_with("https://a.example/jumio/us/web/"));
}

#[tokio::test]
async fn links_begin_with_the_public_url() {
    let mut config = Config { public_url: Some("https://sandbox.tunnel.example/".into()), ..Config::default() };
    config.public_hosts.insert("netverify.com".into(), "https://jumio.tunnel.example".into());
    let sandbox = Sandbox::with(config).await.unwrap();
    let (own, rest) = ("https://jumio.tunnel.example/web/v4/app?", "https://sandbox.tunnel.example/jumio/eu/web/");
    assert!(link(&sandbox, |request| request).await.starts_with(own));
    let eu = initiate(&http(), &format!("{}/jumio/eu", sandbox.base_url()), "https://merchant.example/cb");
    assert!(redirect_url(eu).await.starts_with(rest));
    // What the tunnel of one host brings needs no folder.
    let bare =
        initiate(&http(), sandbox.base_url(), "https://merchant.example/cb").header("host", "jumio.tunnel.example");
    assert!(redirect_url(bare).await.starts_with(own));

    for wrong in [json!({ "public_url": "tunnel.example" }), json!({ "public_url": "https://a.example/?x" })] {
        assert!(sandbox.control().patch(&wrong).unwrap_err().contains("public_url"), "{wrong}");
    }
    let unknown = json!({ "public_hosts": { "jumio.com": "https://a.example" } });
    assert!(sandbox.control().patch(&unknown).unwrap_err().contains("netverify.com"));
}

#[tokio::test]
async fn a_client_with_the_providers_hosts_in_it_goes_through_over_tls() {
    let tls = Some("127.0.0.1:0".parse().unwrap());
    let sandbox = Sandbox::with(Config { tls, ..Config::default() }).await.unwrap();
    let (url, file) = (sandbox.tls_url().unwrap(), sandbox.certificate().unwrap().to_owned());
    let at: SocketAddr = url.strip_prefix("https://").unwrap().parse().unwrap();
    let own = |host: &str| format!("https://{host}:{}", at.port());
    let certificate = Certificate::from_pem(&fs::read(&file).unwrap()).unwrap();
    let hosts = [
        "netverify.com",
        "kyc.biometric.kz",
        "remote.biometric.kz",
        "api.attestr.com",
        "cdn.attestr.com",
        "api.signicat.com",
    ];
    // What a hosts entry does.
    let client = Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).tls_certs_only([certificate]);
    let client = hosts.iter().fold(client, |client, host| client.resolve(host, at)).build().unwrap();

    let receiver = Receiver::start().await;
    let page = redirect_url(initiate(&client, &own("netverify.com"), &receiver.url)).await;
    assert!(page.starts_with(&format!("{}/web/v4/app?", own("netverify.com"))), "{page}");
    let opened = client.get(&page).send().await.unwrap();
    assert_eq!(opened.status(), 200);
    let script = opened.text().await.unwrap().split("src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    assert_eq!(client.get(format!("{}{script}", own("netverify.com"))).send().await.unwrap().status(), 200);
    let token = page.split("authorizationToken=").nth(1).unwrap().split('&').next().unwrap();
    let form = [("authorizationToken", token), ("action", "acceptable")];
    client.post(page.split('?').next().unwrap()).form(&form).send().await.unwrap();
    sandbox.control().advance(60_000).await;
    // The callback was due later, and nobody asked then.
    let face = receiver.field("idScanImageFace").pop().unwrap();
    assert!(face.starts_with(&format!("{}/api/netverify/v2/authentications/", own("netverify.com"))), "{face}");

    let key = idvkit_sandbox::biometric_kz::BiometricKzSettings::default().flows[0].api_key.clone();
    let create = format!("{}/api/v1/flows/session/create/", own("kyc.biometric.kz"));
    let session: Value =
        client.post(create).json(&json!({ "api_key": key })).send().await.unwrap().json().await.unwrap();
    let page = format!("{}/flow/{}?web_view=true", own("remote.biometric.kz"), session["session_id"].as_str().unwrap());
    let end = client.post(page).form(&[("action", "leave")]).send().await.unwrap();
    assert_eq!(end.headers()["location"], format!("{}/finished", own("remote.biometric.kz")).as_str());

    // Without credentials, each in its own words.
    for (path, status) in
        [("api.attestr.com/api/v1/public/flowx/handshake/x", 401), ("api.signicat.com/assure/dossiers", 400)]
    {
        let (host, path) = path.split_once('/').unwrap();
        assert_eq!(client.get(format!("{}/{path}", own(host))).send().await.unwrap().status(), status, "{host}");
    }
    assert_eq!(client.get(format!("{}/flowx.js", own("cdn.attestr.com"))).send().await.unwrap().status(), 200);
    sandbox.stop().await;
    fs::remove_file(file).unwrap();
}

#[tokio::test]
async fn the_same_hosts_work_without_tls() {
    let sandbox = Sandbox::start().await.unwrap();
    let request = initiate(&http(), sandbox.base_url(), "http://10.0.2.2:3000/cb").header("host", "lon.netverify.com");
    assert!(redirect_url(request).await.starts_with("http://lon.netverify.com/web/v4/app?"));
    let unknown = http().get(format!("{}/api/netverify/v2/x", sandbox.base_url())).header("host", "netverify.com");
    assert_eq!(unknown.send().await.unwrap().status(), 404);
}
