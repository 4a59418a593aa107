//! How a user gets through: by uploading images, with a provider's SDK, or on Signicat's page.

use alloc::{
    string::{String, ToString},
    vec,
    vec::Vec,
};

use idvkit_core::{
    Carry, HintKind, ImageKind, ImageSlot, Journey, NativeCall, Param, ParamValue, Permission, Refused, Signal,
    Trigger, Way, machine::Own, settings,
};

use crate::{
    account::Account,
    request::{ParsedRequest, Plan, Target},
    values::ID,
};

/// Images are to be handed in.
pub(crate) fn images(account: &Account, slots: &[ImageSlot], own: &Own<'_>) -> Journey {
    Journey { ways: vec![upload(account, slots)], ..none(own) }
}

/// The provider's SDK is to take them, with this bearer value.
pub(crate) fn sdk(request: &ParsedRequest, authorization: &str, own: &Own<'_>) -> Journey {
    Journey { ways: native(request, authorization), ..none(own) }
}

/// Signicat's page, or that of an eID, is to be shown: a bearer value.
pub(crate) fn page(account: &Account, request: &ParsedRequest, url: &str, own: &Own<'_>) -> Journey {
    let (ways, refused) = page_ways(account, request, url);
    Journey { ways, refused, ..none(own) }
}

/// A journey without a way: there is nothing to do for the user. No document says how long a link stays good.
pub(crate) fn none(own: &Own<'_>) -> Journey {
    Journey { id: own.journey_id(), provider: ID.into(), expires: None, ways: Vec::new(), refused: Vec::new() }
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
fn native(request: &ParsedRequest, authorization: &str) -> Vec<Way> {
    let ways = |target: &Target| ["android", "ios"].map(|platform| native_way(target, platform, authorization));
    request.targets.iter().flat_map(ways).collect()
}

fn native_way(target: &Target, platform: &str, authorization: &str) -> Way {
    let text = |name: &str, value: &str| Param { name: name.into(), value: ParamValue::Text { value: value.into() } };
    let mut params = vec![text("authorization", authorization)];
    params.extend(target.process_type.as_deref().map(|value| text("processType", value)));
    let handler = |name: &str, means| Signal {
        on: Trigger::Handler { names: vec![name.to_string()] },
        when: Vec::new(),
        means,
        carry: Vec::new(),
    };
    Way::Native {
        platform: platform.into(),
        sdk: target.provider.clone(),
        calls: vec![NativeCall { method: "start".into(), params }],
        listen: vec![
            handler("success", HintKind::Success),
            handler("error", HintKind::Error),
            handler("canceled", HintKind::Skipped),
        ],
    }
}

fn page_ways(account: &Account, request: &ParsedRequest, url: &str) -> (Vec<Way>, Vec<Refused>) {
    let finish = finish(request);
    // Inferred: a link opens one user's capture, and nothing says that it may be sent around.
    let mut ways = vec![Way::Redirect { url: url.to_string(), shareable: false, finish: finish.clone() }];
    let mut refused = Vec::new();
    match &request.plan {
        // S-F4: "the end-user is redirected to a web view".
        Plan::Eid { .. } => ways.push(Way::WebView {
            url: url.to_string(),
            permissions: vec![Permission::Javascript, Permission::DomStorage],
            finish,
        }),
        _ if account.frame_allowed => ways.push(frame(url)),
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
fn finish(request: &ParsedRequest) -> Vec<Signal> {
    let Some(url) = request.plan.redirect_url() else { return Vec::new() };
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
