//! Both sites for a test, and a user in place of a browser.

use std::{
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use anyhow::Result;
use futures_util::future::BoxFuture;
use idvkit::Journey;
use idvkit_cli::{
    demo::{
        browser::{Browser, Host, User},
        cast::cast,
        timeline::{Party, What},
    },
    site::{Options, Site},
};
use serde_json::{Value, json};

/// Both sites, and somebody who talks to them.
pub(crate) struct Running {
    site: Site,
    pub(crate) merchant: String,
    pub(crate) sandbox: String,
    pub(crate) http: reqwest::Client,
}

impl Running {
    pub(crate) async fn start(options: &Options) -> Self {
        let options = Options { port: Some(0), ..options.clone() };
        let site = Site::start(&options).await.unwrap();
        let (merchant, sandbox) = (site.merchant().to_owned(), site.sandbox().to_owned());
        let none = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().no_proxy().redirect(none).build().unwrap();
        Self { site, merchant, sandbox, http }
    }

    /// As Ctrl-C does it.
    pub(crate) async fn stop(self) {
        self.site.serve_until(async { Ok(()) }).await.unwrap();
    }

    pub(crate) async fn open(&self, wish: Value) -> Case<'_> {
        let (status, state) = self.post("/api/sessions", &wish.to_string()).await;
        assert_eq!(status, 201, "{wish}: {state}");
        self.case(state["id"].as_str().unwrap())
    }

    pub(crate) fn case(&self, id: &str) -> Case<'_> {
        Case { running: self, id: id.to_owned() }
    }

    pub(crate) async fn advance(&self, ms: i64) {
        let (status, answer) = self.post("/api/clock", &json!({ "advance_ms": ms }).to_string()).await;
        assert_eq!(status, 200, "{answer}");
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let answer = self.http.get(format!("{}{path}", self.merchant)).send().await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    }

    pub(crate) async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        let request = self.http.post(format!("{}{path}", self.merchant)).body(body.to_owned());
        answer_of(request).await
    }
}

/// One session.
pub(crate) struct Case<'a> {
    running: &'a Running,
    pub(crate) id: String,
}

impl Case<'_> {
    pub(crate) fn url(&self, endpoint: &str) -> String {
        format!("{}/api/sessions/{}/{endpoint}", self.running.merchant, self.id)
    }

    pub(crate) async fn state(&self) -> Value {
        self.running.get(&format!("/api/sessions/{}", self.id)).await
    }

    pub(crate) async fn post(&self, endpoint: &str, body: &str) -> (u16, Value) {
        self.running.post(&format!("/api/sessions/{}/{endpoint}", self.id), body).await
    }

    pub(crate) async fn forge(&self, endpoint: &str, text: &str) -> (u16, Value) {
        let request = self.running.http.post(self.url(endpoint)).header("x-demo-forged", "1");
        answer_of(request.body(text.to_owned())).await
    }

    /// The user who knows this flow goes through it and does everything right.
    pub(crate) async fn walk(&self, name: &str) {
        let state = self.state().await;
        let journey = Journey::from_json(&state["next"]["journey"].to_string()).unwrap();
        let running = self.running;
        let (hints, images) = (self.url("hint"), self.url("images"));
        let (merchant, http) = (running.merchant.clone(), running.http.clone());
        let settle = format!("{}/_sandbox/settle", running.sandbox);
        let (returns, chosen) = (self.url("redirect"), Mutex::default());
        let desk = Desk { merchant, hints, images, chosen, returns, settle, http };
        let user = User::new(Arc::new(desk), Browser::new().unwrap(), journey);
        (cast(name).unwrap().walk)(user).await.unwrap();
    }

    /// Lets time pass until the journey may be shown.
    pub(crate) async fn presented(&self) {
        for _ in 0..100 {
            if self.state().await["step"] == "present" {
                return;
            }
            self.running.advance(10_000).await;
        }
        panic!("it was never shown: {}", self.state().await);
    }

    /// Lets time pass until it is over.
    pub(crate) async fn outcome(&self) -> Value {
        for round in 0..400 {
            let state = self.state().await;
            // Whoever acts on the end does so a moment after it is stored.
            if state["step"] == "done" && (!state["acted"].is_null() || state["evidence"].is_null()) {
                return state;
            }
            // Patience is counted in minutes or in days.
            self.running.advance(if round < 60 { 10_000 } else { 3_600_000 }).await;
        }
        panic!("it never ended: {}", self.state().await);
    }

    /// How many entries of the timeline hold a text.
    pub(crate) async fn count(&self, text: &str) -> usize {
        self.events(0).await.iter().filter(|(_, entry)| entry["text"].as_str().unwrap().contains(text)).count()
    }

    /// What a browser gets that has seen all up to an entry.
    pub(crate) async fn events(&self, after: i64) -> Vec<(i64, Value)> {
        let request = self.running.http.get(self.url("events")).header("last-event-id", after.to_string());
        let mut stream = request.send().await.unwrap();
        assert_eq!(stream.headers()["content-type"], "text/event-stream");
        let first = stream.chunk().await.unwrap().unwrap();
        let mut text = String::from_utf8(first.to_vec()).unwrap();
        // All that there is comes in one go, perhaps in several pieces.
        while let Ok(Ok(Some(more))) = tokio::time::timeout(Duration::from_millis(100), stream.chunk()).await {
            text.push_str(std::str::from_utf8(&more).unwrap());
        }
        let field = |block: &str, name: &str| {
            block.lines().find_map(|line| line.strip_prefix(name).map(|value| value.trim().to_owned()))
        };
        let entry = |block: &str| {
            let number = field(block, "id:")?.parse().unwrap();
            Some((number, serde_json::from_str(&field(block, "data:")?).unwrap()))
        };
        text.split("\n\n").filter_map(entry).collect()
    }
}

pub(crate) async fn answer_of(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// The shop's side of the user's way, as its page and `return.js` do it.
struct Desk {
    merchant: String,
    hints: String,
    images: String,
    chosen: Mutex<Vec<(String, Vec<u8>)>>,
    returns: String,
    settle: String,
    http: reqwest::Client,
}

impl Host for Desk {
    fn log(&self, _from: Party, _to: Party, _what: What) {}

    fn hint_url(&self) -> String {
        self.hints.clone()
    }

    fn is_own_page(&self, url: &str) -> bool {
        url.starts_with(&self.merchant)
    }

    fn returned<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            let (status, answer) = answer_of(self.http.post(&self.returns).body(url.to_owned())).await;
            anyhow::ensure!(status == 204, "the return was refused: {answer}");
            Ok(())
        })
    }

    /// The element hands all pictures over at once.
    fn hand_in<'a>(&'a self, slot: &'a str, image: &'a [u8]) -> BoxFuture<'a, Result<u16>> {
        self.chosen.lock().unwrap().push((slot.to_owned(), image.to_vec()));
        Box::pin(async { Ok(200) })
    }

    fn go_on(&self) -> BoxFuture<'_, Result<()>> {
        let chosen = std::mem::take(&mut *self.chosen.lock().unwrap());
        let part = |(slot, image): (String, Vec<u8>)| {
            let head = format!(
                "--edge\r\ncontent-disposition: form-data; name=\"{slot}\"; filename=\"{slot}\"\r\n\
                 content-type: image/png\r\n\r\n"
            );
            [head.as_bytes(), &image, b"\r\n"].concat()
        };
        let form = chosen.into_iter().flat_map(part).chain(*b"--edge--\r\n").collect::<Vec<u8>>();
        Box::pin(async move {
            let request = self.http.post(&self.images).header("content-type", "multipart/form-data; boundary=edge");
            let (status, answer) = answer_of(request.body(form)).await;
            anyhow::ensure!(status == 204, "the pictures were refused: {answer}");
            Ok(())
        })
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(async {
            answer_of(self.http.post(&self.settle)).await;
        })
    }
}

/// A folder for one test.
pub(crate) struct Folder(std::path::PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("idvkit-site-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn file(&self) -> std::path::PathBuf {
        Path::new(&self.0).join("demo.sqlite")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left over lies in the system's folder for such things.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
