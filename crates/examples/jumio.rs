//! One whole flow, from opening a session to acting on its outcome, against the local sandbox.
//!
//! Run it with `cargo run --example jumio`. With a real account only the configuration changes.

use std::error::Error;

use idvkit::{Account, Config, Input, Journey, Next, Outcome, Request, UnixMillis, Way};
use idvkit_http::{Client, MemoryStore};
use idvkit_sandbox::Sandbox;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let outcome = run().await?;
    println!("{outcome:?}");
    Ok(())
}

// [quick start]
/// Takes one user through Jumio Authentication for Web.
pub(crate) async fn run() -> Result<Outcome, Box<dyn Error>> {
    let sandbox = Sandbox::start().await?;
    let clock = sandbox.control().clone();

    // Once, at start-up. Without `options` this is the real Jumio. The store is yours: a table of rows, see `driver`.
    let account = Account::new(Config::from_json(&format!(
        r#"{{
            "provider": "jumio", "region": "us",
            "api_token": "sandbox-jumio-token", "api_secret": "sandbox-jumio-secret",
            "user_agent": "YourCompany YourApp/v1.0",
            "callback": {{ "url": "https://yourcompany.example/jumio" }},
            "options": {{ "development": true, "api_base": "{}/jumio/us" }}
        }}"#,
        sandbox.base_url()
    ))?)?;
    let client = Client::new(account, MemoryStore::default())?.with_clock(move || UnixMillis(clock.now()));

    // For each user: begin under a key of yours, and go as far as it goes without the user.
    let request = Request::from_json(
        r#"{
            "flow": "jumio_authentication",
            "enrollment_transaction_reference": "22222222-2222-4222-8222-222222222222",
            "success_url": "http://localhost:3000/back", "locale": "de"
        }"#,
    )?;
    let id = client.begin(request, "order-7").await?;
    let Next::Present { journey, .. } = client.advance(&id).await? else { return Err("it could not begin".into()) };

    // The user's browser goes through it and comes back to your `success_url`. That is a hint, and no more.
    let url = user_takes_a_selfie(&journey).await?;
    client.hear(None, Input::Redirect { url }).await?;

    // A worker of yours goes on when `until` comes. Only what it fetches decides.
    loop {
        match client.advance(&id).await? {
            Next::Done { outcome, .. } => return Ok(outcome),
            Next::Wait { until, .. } | Next::Present { until, .. } => {
                sandbox.control().advance(until.since(client.now())).await;
            }
            Next::Send { .. } => unreachable!("`advance` sends everything that is to be sent"),
        }
    }
}
// [/quick start]

/// What the user does in the sandbox's page: press the button, and be sent back.
async fn user_takes_a_selfie(journey: &Journey) -> Result<String, Box<dyn Error>> {
    let link = journey.ways.iter().find_map(|way| match way {
        Way::Redirect { url, .. } => Some(url),
        _ => None,
    });
    let link = link.ok_or("the journey has no link")?;
    let browser = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()?;
    browser.get(link).send().await?.error_for_status()?;
    let token = link.split("authorizationToken=").nth(1).and_then(|rest| rest.split('&').next()).unwrap_or("");
    let body = format!("authorizationToken={token}&action=acceptable");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let answer = browser.post(link).header(form.0, form.1).body(body).send().await?;
    let back = answer.headers().get("location").ok_or("the sandbox did not send the user back")?;
    Ok(back.to_str()?.to_string())
}
