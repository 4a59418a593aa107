//! The three flows of the integration guide (S-FLOWS), step by step as it tells them, against the sandbox.
#![allow(clippy::unwrap_used)]

mod common;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use common::{Receiver, hint, http};
use idvkit_sandbox::Sandbox;
use reqwest::{Method, Response};
use serde_json::{Value, json};

const SAMPLE: &str = "https://myredirecturl.com/?dossierId=c03e66c7-8230-4020-a084-5a34a925d5fe\
                      &processId=8a303665-c94a-47c1-be8d-5df65f64a0ad&status=processing";

/// "Your mobile/web app must always communicate with your own server": this is the server.
struct Server {
    base: String,
    token: String,
}

impl Server {
    async fn new(sandbox: &Sandbox) -> Self {
        let url = format!("{}/signicat/oidc/token", sandbox.base_url());
        let form = [("grant_type", "client_credentials"), ("scope", "client.assure.api client.capture.api")];
        let request =
            http().post(url).basic_auth("sandbox-quiet-lake-123", Some("sandbox-signicat-secret")).form(&form);
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        let base = format!("{}/signicat/assure", sandbox.base_url());
        Self { base, token: answer["access_token"].as_str().unwrap().into() }
    }

    async fn call(&self, method: Method, path: &str, body: Value) -> Response {
        let request = http().request(method, format!("{}{path}", self.base)).bearer_auth(&self.token);
        request.json(&body).send().await.unwrap()
    }

    async fn made(&self, path: &str, body: Value) -> Value {
        let response = self.call(Method::POST, path, body).await;
        assert!(response.status().is_success(), "{path}: {}", hint(&response));
        response.json().await.unwrap()
    }

    async fn read(&self, path: &str) -> Value {
        self.call(Method::GET, path, Value::Null).await.json().await.unwrap()
    }

    async fn dossier(&self) -> String {
        self.made("/dossiers", json!({})).await["dossierId"].as_str().unwrap().to_owned()
    }
}

fn members(url: &str) -> Vec<(String, String)> {
    form_urlencoded::parse(url.split_once('?').unwrap().1.as_bytes()).into_owned().collect()
}

async fn press(page: &str, action: &str) -> String {
    let response = http().post(page).form(&[("action", action)]).send().await.unwrap();
    response.headers()["location"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_generic_flow() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let server = Server::new(&sandbox).await;
    // Step 1: "create a dossier and then create a process inside that dossier".
    let dossier = server.dossier().await;
    let body = json!({ "provider": "onfido", "processType": "document", "notificationUrl": receiver.url });
    let process = server.made(&format!("/dossiers/{dossier}/processes"), body).await;
    let path = format!("/dossiers/{dossier}/processes/{}", process["processId"].as_str().unwrap());
    // Step 2: "Every time you upload images to a process, they will replace the previous ones."
    for last in [1, 2] {
        let jpeg = [0xff, 0xd8, 0xff, last];
        let body = json!({ "front": format!("data:image/jpeg;base64,{}", STANDARD.encode(jpeg)) });
        assert_eq!(server.call(Method::PUT, &format!("{path}/images"), body).await.status(), 204);
    }
    let kept = server.call(Method::GET, &format!("{path}/images/front"), Value::Null).await;
    assert_eq!(kept.bytes().await.unwrap()[3], 2);
    // Step 3, after which "no more images should be uploaded".
    assert_eq!(server.call(Method::POST, &path, Value::Null).await.status(), 200);
    let body = json!({ "front": "data:image/jpeg;base64,/9j/AQ==" });
    assert_eq!(server.call(Method::PUT, &format!("{path}/images"), body).await.status(), 409);
    // "discard the current process and create a new one"
    assert_eq!(server.call(Method::DELETE, &path, Value::Null).await.status(), 204);
    sandbox.control().advance(10_000).await;
    assert!(receiver.heard().is_empty());
    // Step 4 with the callback, which "only informs you that the verification is finished".
    server.made(&format!("/dossiers/{dossier}/files"), json!({ "front": "data:image/jpeg;base64,/9j/AQ==" })).await;
    let body = json!({ "provider": "onfido", "processType": "document", "notificationUrl": receiver.url });
    let process = server.made(&format!("/dossiers/{dossier}/processes"), body).await;
    let path = format!("/dossiers/{dossier}/processes/{}", process["processId"].as_str().unwrap());
    assert_eq!(server.call(Method::POST, &path, Value::Null).await.status(), 200);
    sandbox.control().advance(10_000).await;
    let heard: Value = serde_json::from_str(&receiver.heard()[0].body).unwrap();
    let mut names: Vec<_> = heard.as_object().unwrap().keys().collect();
    names.sort();
    assert_eq!(names, ["dossierId", "processId", "status"]);
    // "you always get a normalised final result on any process that is accepted"
    let done = server.read(&path).await;
    assert_eq!((&done["status"], &done["finalResult"]["issuingCountry"]), (&json!("accepted"), &json!("NLD")));
}

#[tokio::test]
async fn the_alternative_flow_and_its_sample_redirect() {
    let sandbox = Sandbox::start().await.unwrap();
    let server = Server::new(&sandbox).await;
    let dossier = server.dossier().await;
    // "giving it the dossierId, the provider … and a redirectUrl"
    let body = json!({ "provider": "signicatpaper", "redirectUrl": "https://myredirecturl.com/" });
    let started = server.made(&format!("/dossiers/{dossier}/capture"), body).await;
    // "In this service's response, you will find a URL"
    let back = press(started["url"].as_str().unwrap(), "submit").await;
    let names = |url: &str| members(url).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names(&back), names(SAMPLE));
    assert!(back.starts_with("https://myredirecturl.com/?dossierId="), "{back}");
    assert_eq!((&members(&back)[0].1, members(&back)[2].1.as_str()), (&dossier, "processing"));
    // "poll the Get process endpoint and wait for the process status to be one of the final possible values"
    let path = format!("/dossiers/{}/processes/{}", members(&back)[0].1, members(&back)[1].1);
    let mut polls = 0;
    while server.read(&path).await["status"] == "processing" {
        polls += 1;
        sandbox.control().advance(1_000).await;
    }
    assert_eq!(polls, 5);
    assert!(server.read(&path).await["finalResult"].is_object());
}

#[tokio::test]
async fn the_eid_flow() {
    let (sandbox, receiver) = (Sandbox::start().await.unwrap(), Receiver::start().await);
    let server = Server::new(&sandbox).await;
    let dossier = server.dossier().await;
    let create = format!("/dossiers/{dossier}/processes");
    // Defect: the text asks for "the processId (that will perform the authentication)"; there is none yet.
    let literal =
        json!({ "dossierId": dossier, "processId": "connect:idin", "redirectUrl": "https://myredirecturl.com/" });
    assert!(hint(&server.call(Method::POST, &create, literal).await).contains("provider is required"));
    let body = json!({
        "provider": "connect:idin", "redirectUrl": "https://myredirecturl.com/", "notificationUrl": receiver.url,
    });
    let process = server.made(&create, body).await;
    // "When the end-user is redirected to the redirectUrl, it means that the authentication is finished."
    let back = press(process["redirectUrl"].as_str().unwrap(), "authenticate").await;
    let path = format!("{create}/{}", members(&back)[1].1);
    let done = server.read(&path).await;
    assert_eq!(done["status"], "accepted");
    // "you will get a callback notification there too"
    sandbox.control().settle().await;
    assert_eq!(receiver.heard().len(), 1);
    // "the final result of a Connect process will not be normalised"
    assert!(done["finalResult"].get("firstName").is_none());
}
