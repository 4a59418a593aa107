//! The machine, proven where it stands: one test per rule of `ARCHITECTURE.md` that it keeps, on a provider that exists
//! nowhere, and one per limit.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod beside;
mod later_rules;
mod limits;
mod news;
mod odd;
mod retry_after;
mod rules;
mod toy;
mod walks;

use std::sync::Arc;

use idvkit_core::{Decision, Journey, Outcome, Provider, Seen, machine::Machine};
use idvkit_testkit::{Host, NOW, seed};
use toy::{Account, Config, Request, Toy, ToyFlow};

type Run = Host<Machine<ToyFlow>>;

const API_KEY: &str = "planted-api-key";
const TOKEN: &str = "planted-callback-token";
const NAME: &str = "Planted Name";
const LINK: &str = "https://page.toy.example/planted-link";
const APPROVED: Outcome = Outcome::Decided { decision: Decision::Approved };
const RETURN: &str = "https://shop.example/back";

/// An account with another schedule.
fn account(change: impl FnOnce(&mut Account)) -> Arc<Account> {
    let config = Config { api_key: API_KEY.into(), callback_tokens: vec![TOKEN.into()] };
    let mut account = Toy::account(config).unwrap();
    change(&mut account);
    Arc::new(account)
}

fn open_with(account: Arc<Account>) -> Run {
    let request = Request { name: NAME.into(), return_url: RETURN.into() };
    let session = Toy::open(&account, request, seed(), NOW).unwrap();
    Host::new(account, session).with_credentials(&[API_KEY, TOKEN])
}

fn open() -> Run {
    open_with(account(|_| ()))
}

/// One whose page is shown.
fn live() -> Run {
    let mut run = open();
    run.create("t-1");
    run.show();
    run
}

/// What is asked of the toy's host, in short.
trait Toys {
    fn create(&mut self, id: &str);
    fn look(&mut self, status: &str);
    fn visit(&mut self, status: &str);
    fn call_back(&mut self, id: &str);
    fn journey_id(&mut self) -> String;
}

impl Toys for Run {
    /// The creation is answered.
    fn create(&mut self, id: &str) {
        self.answer("toy.create", 201, format!(r#"{{"id":"{id}","link":"{LINK}"}}"#));
    }

    /// The look that is due is answered, about the newest verification.
    fn look(&mut self, status: &str) {
        let id = self.session.references()[0].clone();
        self.answer("toy.look", 200, body(&id, status));
    }

    /// The page navigates to the return URL.
    fn visit(&mut self, status: &str) {
        self.see(&Seen::Navigation { url: format!("{RETURN}?status={status}") }).unwrap();
    }

    fn call_back(&mut self, id: &str) {
        self.callback("/", &[("Authorization", TOKEN)], format!(r#"{{"id":"{id}"}}"#)).unwrap();
    }

    fn journey_id(&mut self) -> String {
        let Journey { id, .. } = self.show();
        id
    }
}

fn body(id: &str, status: &str) -> String {
    format!(r#"{{"id":"{id}","status":"{status}"}}"#)
}
