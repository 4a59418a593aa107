//! How a user gets through: by uploading images, with a provider's SDK, or on Signicat's page.

use crate::ID;
use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{
    Carry, HintKind, ImageKind, ImageSlot, Journey, NativeCall, Param, ParamValue, Permission, Refused, Signal,
    Trigger, Way, machine::Own, settings,
};

use crate::{order::Order, order::Plan, validate::Account};

/// What is shown at the moment.
pub(crate) enum Shown<'a> {
    /// The images that are wanted.
    Images(&'a [ImageSlot]),
    /// The provider's SDK, with its bearer value.
    Sdk(&'a str),
    /// Signicat's page, or that of an eID: a bearer value.
    Page(&'a str),
}

pub(crate) fn journey(account: &Account, order: &Order, shown: &Shown<'_>, own: &Own<'_>) -> Journey {
    let (ways, refused) = match shown {
        Shown::Images(slots) => (vec![upload(account, slots)], Vec::new()),
        Shown::Sdk(authorization) => (sdk(order, authorization), Vec::new()),
        Shown::Page(url) => page(account, order, url),
    };
    // No document says how long a link stays good.
    Journey { id: own.journey_id(), provider: ID.into(), expires: None, ways, refused }
}

fn upload(account: &Account, slots: &[ImageSlot]) -> Way {
    Way::Upload {
        images: slots.to_vec(),
        types: account.image_rules.kinds.iter().map(|kind: &ImageKind| kind.mime().to_string()).collect(),
        max_bytes: i64::try_from(account.image_rules.max_bytes).unwrap_or(i64::MAX),
        max_pixels: account.image_rules.max_pixels.and_then(|pixels| i32::try_from(pixels).ok()).unwrap_or(i32::MAX),
    }
}

/// Each provider documents its own SDK elsewhere: what an app needs from here is which one and its token. The handlers
/// are ours: an app calls `read` with them when its SDK says so (inferred).
fn sdk(order: &Order, authorization: &str) -> Vec<Way> {
    let provider = order.targets.first().map_or("", |target| target.provider.as_str());
    let process_type = order.targets.first().and_then(|target| target.process_type.clone());
    let text = |name: &str, value: &str| Param { name: name.into(), value: ParamValue::Text { value: value.into() } };
    let mut params = vec![text("authorization", authorization)];
    params.extend(process_type.map(|value| text("processType", &value)));
    let handler = |name: &str, means| Signal {
        on: Trigger::Handler { names: vec![name.to_string()] },
        when: Vec::new(),
        means,
        carry: Vec::new(),
    };
    let native = |platform: &str| Way::Native {
        platform: platform.into(),
        sdk: provider.to_string(),
        calls: vec![NativeCall { method: "start".into(), params: params.clone() }],
        listen: vec![
            handler("success", HintKind::Success),
            handler("error", HintKind::Error),
            handler("canceled", HintKind::Skipped),
        ],
    };
    vec![native("android"), native("ios")]
}

fn page(account: &Account, order: &Order, url: &str) -> (Vec<Way>, Vec<Refused>) {
    let finish = finish(order);
    // Inferred: a link opens one user's capture, and nothing says that it may be sent around.
    let mut ways = vec![Way::Redirect { url: url.to_string(), shareable: false, finish: finish.clone() }];
    let mut refused = Vec::new();
    match &order.plan {
        // S-F4: "the end-user is redirected to a web view".
        Plan::Eid { .. } => ways.push(Way::WebView {
            url: url.to_string(),
            permissions: vec![Permission::Javascript, Permission::DomStorage],
            finish,
        }),
        _ if account.options.frame_allowed => ways.push(frame(url)),
        _ => refused.push(Refused {
            way: "frame".into(),
            reason: "the capture page shows in a frame only on domains that Signicat's support has allow-listed: have \
                     yours listed and set `frame_allowed`"
                .into(),
        }),
    }
    (ways, refused)
}

fn frame(url: &str) -> Way {
    Way::Frame {
        url: url.to_string(),
        // Inferred: what a page with a camera needs; no document names the attribute.
        allow: "camera;microphone;fullscreen".into(),
        allow_fullscreen: true,
        origins: vec![settings::origin_of(url).to_string()],
        sizes: Vec::new(),
        listen: Vec::new(),
    }
}

/// The return says that the user is done and nothing about the result (S-D4).
fn finish(order: &Order) -> Vec<Signal> {
    let Some(url) = order.plan.redirect_url() else { return Vec::new() };
    let carry = |name: &str| Carry { name: name.into(), path: name.into(), max: 64 };
    vec![Signal {
        on: Trigger::Navigation { url: without_query(url) },
        when: Vec::new(),
        means: HintKind::Finished,
        carry: vec![carry("dossierId"), carry("processId")],
    }]
}

fn without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or(url).to_string()
}
