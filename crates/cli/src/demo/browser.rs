//! A scripted browser and its user: real pages over real HTTP, real HTML, nothing else is known about the provider.

use std::{collections::BTreeMap, sync::Arc};

use anyhow::{Context, Result, bail, ensure};
use futures_util::future::BoxFuture;
use idvkit::{Journey, ParamValue, Seen, Way, read};
use reqwest::header::LOCATION;
use scraper::{ElementRef, Html, Selector};
use serde_json::Value;
use url::Url;

use super::timeline::{Party, What};

/// A browser follows redirects as long as this.
const MAX_HOPS: usize = 10;

/// Loads and submits pages. It follows redirects itself, as they are what a journey is about.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
}

/// A page as it was loaded.
#[derive(Clone)]
pub struct Page {
    url: Url,
    html: String,
}

impl Browser {
    /// A browser on this machine.
    ///
    /// # Errors
    /// If the HTTP client cannot be made.
    pub fn new() -> Result<Self> {
        let none = reqwest::redirect::Policy::none();
        Ok(Self { http: reqwest::Client::builder().no_proxy().redirect(none).build()? })
    }

    /// Opens a URL, in a frame or in a tab of its own.
    ///
    /// # Errors
    /// If it is no URL, or nobody answers.
    pub async fn open(&self, url: &str, framed: bool) -> Result<Page> {
        let url = Url::parse(url).ok().context("a link on the way is no URL")?;
        self.land(self.http.get(url), framed).await
    }

    /// Submits the page's form by the button with this value, with some fields filled in.
    ///
    /// # Errors
    /// If the page has no such form, button or field.
    pub async fn submit(&self, page: &Page, button: &str, fill: &[(&str, &str)], framed: bool) -> Result<Page> {
        let (action, fields) = page.form(button, fill)?;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self.http.post(action).header("content-type", "application/x-www-form-urlencoded").body(body);
        self.land(request, framed).await
    }

    /// Posts JSON to a server, as somebody without this SDK does, and reads the answer.
    ///
    /// # Errors
    /// If nobody answers in JSON.
    pub async fn post_json(&self, url: &str, body: &Value) -> Result<Value> {
        let request = self.http.post(url).header("content-type", "application/json").body(body.to_string());
        let response = request.send().await.map_err(reqwest::Error::without_url)?;
        Ok(serde_json::from_str(&response.text().await.map_err(reqwest::Error::without_url)?)?)
    }

    /// Posts a text, as a page's script does.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn post(&self, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Result<u16> {
        let request = self.http.post(url).body(body);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        Ok(request.send().await.map_err(reqwest::Error::without_url)?.status().as_u16())
    }

    async fn land(&self, first: reqwest::RequestBuilder, framed: bool) -> Result<Page> {
        let destination = if framed { "iframe" } else { "document" };
        let mut request = first;
        for _ in 0..MAX_HOPS {
            let response = request.header("sec-fetch-dest", destination).send().await;
            let response = response.map_err(reqwest::Error::without_url)?;
            let url = response.url().clone();
            let location = response.headers().get(LOCATION).filter(|_| response.status().is_redirection());
            if let Some(location) = location {
                request = self.http.get(url.join(location.to_str()?)?);
                continue;
            }
            let html = response.text().await.map_err(reqwest::Error::without_url)?;
            return Ok(Page { url, html });
        }
        bail!("redirected more than {MAX_HOPS} times")
    }
}

impl Page {
    /// The page's first heading.
    pub fn title(&self) -> String {
        self.texts("h1").into_iter().next().unwrap_or_default()
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> String {
        self.url.origin().ascii_serialization()
    }

    /// The text of a `data-…` element that the page hands to scripts, with the value of that attribute.
    pub fn data(&self, attribute: &str) -> Vec<(String, String)> {
        let found =
            |element: ElementRef<'_>| Some((element.attr(attribute)?.to_owned(), element.text().collect::<String>()));
        self.select(&format!("script[type='application/json'][{attribute}]"), found)
    }

    /// The value of an attribute wherever it stands.
    pub fn attribute(&self, name: &str) -> Option<String> {
        self.select(&format!("[{name}]"), |element| element.attr(name).map(str::to_owned)).into_iter().next()
    }

    /// The value of an input field.
    pub fn field(&self, name: &str) -> String {
        let value = |element: ElementRef<'_>| element.attr("value").map(str::to_owned);
        self.select(&format!("input[name='{name}']"), value).into_iter().next().unwrap_or_default()
    }

    /// How many elements there are of a kind.
    pub fn count(&self, selector: &str) -> usize {
        self.select(selector, |_| Some(())).len()
    }

    /// The target of a link.
    pub fn link(&self, selector: &str) -> Option<String> {
        let href = self.select(selector, |element| element.attr("href").map(str::to_owned)).into_iter().next()?;
        Some(self.url.join(&href).ok()?.into())
    }

    fn texts(&self, selector: &str) -> Vec<String> {
        self.select(selector, |element| Some(element.text().collect::<String>()))
    }

    fn select<T>(&self, selector: &str, take: impl Fn(ElementRef<'_>) -> Option<T>) -> Vec<T> {
        let Ok(selector) = Selector::parse(selector) else { return Vec::new() };
        Html::parse_document(&self.html).select(&selector).filter_map(take).collect()
    }

    /// Where the form goes and what a browser would send.
    fn form(&self, button: &str, fill: &[(&str, &str)]) -> Result<(Url, BTreeMap<String, String>)> {
        let document = Html::parse_document(&self.html);
        let all = |root: ElementRef<'_>, selector: &str| -> Vec<(String, String)> {
            let Ok(selector) = Selector::parse(selector) else { return Vec::new() };
            let field = |element: ElementRef<'_>| {
                Some((element.attr("name")?.to_owned(), element.attr("value").unwrap_or_default().to_owned()))
            };
            root.select(&selector).filter_map(field).collect()
        };
        let form = Selector::parse("form[method=post]").ok().context("selector")?;
        let title = self.title();
        let form = document.select(&form).next().with_context(|| format!("page “{title}” has no form"))?;
        let mut fields: BTreeMap<String, String> = all(form, "input").into_iter().collect();
        fields.extend(selects(form));
        for (name, value) in fill {
            ensure!(fields.contains_key(*name), "page “{title}” has no field {name}");
            fields.insert((*name).into(), (*value).into());
        }
        let pressed = all(form, "button").into_iter().find(|(_, value)| value == button);
        fields.extend([pressed.with_context(|| format!("page “{title}” has no button {button}"))?]);
        let action = form.attr("action").map_or(Ok(self.url.clone()), |action| self.url.join(action))?;
        Ok((action, fields))
    }
}

/// A drop-down sends the option that is marked, or the first.
fn selects(form: ElementRef<'_>) -> Vec<(String, String)> {
    let (Ok(select), Ok(option)) = (Selector::parse("select"), Selector::parse("option")) else { return Vec::new() };
    let chosen = |element: ElementRef<'_>| {
        let marked = element.select(&option).find(|option| option.attr("selected").is_some());
        let option = marked.or_else(|| element.select(&option).next())?;
        Some((element.attr("name")?.to_owned(), option.attr("value").unwrap_or_default().to_owned()))
    };
    form.select(&select).filter_map(chosen).collect()
}

/// The host's side of a user's way: where its pages and servers are.
pub trait Host: Send + Sync {
    /// Writes down what the user does.
    fn log(&self, from: Party, to: Party, what: What);

    /// Where the user's page posts hints.
    fn hint_url(&self) -> String;

    /// Whether a page is the host's own.
    fn is_own_page(&self, url: &str) -> bool;

    /// The user came back to a page of the host's, which tells its server.
    fn returned<'a>(&'a self, url: &'a str) -> BoxFuture<'a, Result<()>>;

    /// The user's page posts an image; the status of the answer.
    fn hand_in<'a>(&'a self, slot: &'a str, image: &'a [u8]) -> BoxFuture<'a, Result<u16>>;

    /// A worker goes on with what the user has brought.
    fn go_on(&self) -> BoxFuture<'_, Result<()>>;

    /// What is due now has reached everybody.
    fn settle(&self) -> BoxFuture<'_, ()>;
}

/// The user of one session: has a journey, presses buttons, and lets the page report what it saw.
pub struct User {
    host: Arc<dyn Host>,
    browser: Browser,
    journey: Journey,
    page: Option<Page>,
    framed: bool,
    in_app: bool,
    /// Whether the page reports what it sees; off for a page that was closed in time.
    pub reports: bool,
}

impl User {
    /// A user who was given this journey.
    pub fn new(host: Arc<dyn Host>, browser: Browser, journey: Journey) -> Self {
        Self { host, browser, journey, page: None, framed: false, in_app: false, reports: true }
    }

    /// The journey that the user was given.
    pub fn journey(&self) -> &Journey {
        &self.journey
    }

    /// The page that is shown.
    ///
    /// # Errors
    /// If there is none yet.
    pub fn page(&self) -> Result<&Page> {
        self.page.as_ref().context("no page is open")
    }

    /// Follows the link in a tab of its own.
    ///
    /// # Errors
    /// If the journey has no link, or nobody answers.
    pub async fn follow_link(&mut self) -> Result<()> {
        let link = self.journey.ways.iter().find_map(|way| match way {
            Way::Redirect { url, .. } => Some(url.clone()),
            _ => None,
        });
        self.framed = false;
        self.load(&link.context("the journey has no link")?).await
    }

    /// Uses the page inside a frame, where it posts messages to the merchant's page.
    ///
    /// # Errors
    /// If the journey has no frame, or nobody answers.
    pub async fn use_frame(&mut self) -> Result<()> {
        let frame = self.journey.ways.iter().find_map(|way| match way {
            Way::Frame { url, .. } => Some(url.clone()),
            _ => None,
        });
        self.framed = true;
        self.load(&frame.context("the journey has no frame")?).await
    }

    /// Opens the page in an app's web view, which sees every navigation.
    ///
    /// # Errors
    /// If the journey has no web view, or nobody answers.
    pub async fn use_web_view(&mut self) -> Result<()> {
        let url = self.journey.ways.iter().find_map(|way| match way {
            Way::WebView { url, .. } => Some(url.clone()),
            _ => None,
        });
        self.in_app = true;
        self.load(&url.context("the journey has no web view")?).await
    }

    /// Posts an image to the merchant; the status of the answer.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn hand_in(&self, slot: &str, image: &[u8]) -> Result<u16> {
        self.host.log(Party::User, Party::Merchant, What::Press { button: format!("upload {slot}") });
        self.host.hand_in(slot, image).await
    }

    /// Lets the host go on with what the user has brought.
    ///
    /// # Errors
    /// If it cannot.
    pub async fn wait_for_host(&self) -> Result<()> {
        self.host.go_on().await
    }

    /// Does what the provider's browser library does with the options: opens its page with them in the query.
    ///
    /// # Errors
    /// If the journey has no script, the script cannot be loaded, or nobody answers.
    pub async fn run_script(&mut self) -> Result<()> {
        let script = self.journey.ways.iter().find_map(|way| match way {
            Way::Script { src, options, container, .. } => Some((src.clone(), options.clone(), container.clone())),
            _ => None,
        });
        let (src, options, container) = script.context("the journey has no script")?;
        self.browser.open(&src, false).await?;
        let mut url = Url::parse(&src)?.join("../flow/")?;
        if container.is_some() {
            // A widget shows the page inside the container, and the page has to know that.
            append(&mut url, "widget", "true");
        }
        for option in options {
            match option.value {
                ParamValue::Text { value } if option.name == "selector" => {
                    ensure!(Some(value) == container, "the widget's element is not the one that the page has");
                }
                ParamValue::Text { value } if ["hs", "id"].contains(&option.name.as_str()) => {
                    url.set_path(&format!("{}{value}", url.path()));
                }
                ParamValue::Text { value } => append(&mut url, &option.name, &value),
                ParamValue::Flag { value } => append(&mut url, &option.name, &value.to_string()),
                ParamValue::Texts { value } => value.iter().for_each(|entry| {
                    append(&mut url, &format!("{}[{}]", option.name, entry.name), &entry.value);
                }),
                _ => {}
            }
        }
        self.framed = true;
        self.load(url.as_str()).await
    }

    /// Presses a button of the page.
    ///
    /// # Errors
    /// If there is no such button.
    pub async fn press(&mut self, button: &str) -> Result<()> {
        self.fill_and_press(&[], button).await
    }

    /// Fills fields in and presses a button.
    ///
    /// # Errors
    /// If there is no such button or field.
    pub async fn fill_and_press(&mut self, fill: &[(&str, &str)], button: &str) -> Result<()> {
        let page = self.page()?.clone();
        self.host.log(Party::User, Party::Provider, What::Press { button: button.into() });
        let page = self.browser.submit(&page, button, fill, self.framed).await?;
        self.show(page).await
    }

    /// Closes the page.
    ///
    /// # Errors
    /// If the merchant cannot be told.
    pub async fn close(&mut self) -> Result<()> {
        self.page = None;
        self.see(&Seen::Closed).await.map(drop)
    }

    /// Lets the page report what it saw; the status with which the merchant answered, or `None` if it means nothing.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn see(&self, seen: &Seen) -> Result<Option<u16>> {
        match read(&self.journey, seen) {
            Some(hint) => self.post_hint(&hint).await.map(Some),
            None => Ok(None),
        }
    }

    /// Posts any text to the merchant's endpoint for hints.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn post_hint(&self, hint: &str) -> Result<u16> {
        self.browser.post(&self.host.hint_url(), &[], hint.as_bytes().to_vec()).await
    }

    async fn load(&mut self, url: &str) -> Result<()> {
        let page = self.browser.open(url, self.framed).await?;
        self.show(page).await
    }

    async fn show(&mut self, page: Page) -> Result<()> {
        // Whatever the page's request made due has reached everybody before the user goes on: runs repeat exactly.
        self.host.settle().await;
        let own = self.host.is_own_page(page.url.as_str());
        let from = if own { Party::Merchant } else { Party::Provider };
        self.host.log(from, Party::User, What::Page { title: page.title() });
        if own {
            self.host.returned(page.url.as_str()).await?;
        }
        self.page = Some(page);
        if self.reports { self.report().await } else { Ok(()) }
    }

    /// Lets the page that is open report what it sees, as its scripts do; in a frame it then goes where it has to.
    ///
    /// # Errors
    /// If nobody answers.
    pub async fn report(&mut self) -> Result<()> {
        let page = self.page()?.clone();
        // A return page of the merchant's has told its server already; an app has to look for itself.
        if self.in_app {
            self.see(&Seen::Navigation { url: page.url.to_string() }).await?;
        }
        for (_, data) in page.data("data-post-message").into_iter().filter(|_| self.framed) {
            self.see(&Seen::Message { origin: page.origin(), data }).await?;
        }
        for (name, data) in page.data("data-handler").into_iter().chain(page.data("data-finish")) {
            self.see(&Seen::Event { name, data }).await?;
        }
        match page.link("a[data-redirect]").filter(|_| self.framed) {
            Some(link) => Box::pin(self.load(&link)).await,
            None => Ok(()),
        }
    }
}

fn append(url: &mut Url, name: &str, value: &str) {
    url.query_pairs_mut().append_pair(name, value);
}
