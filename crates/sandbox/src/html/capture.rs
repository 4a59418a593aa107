//! The step in which a picture is taken: the synthetic one, or with JavaScript the real camera's.

use maud::{Markup, html};

use super::Look;

/// What is in the picture.
#[derive(Clone, Copy)]
pub(crate) enum Subject {
    Face,
    Document,
}

/// The viewfinder. The picture stays in the browser: the form says only that one was taken.
pub(crate) fn step(look: &Look<'_>, subject: Subject) -> Markup {
    let texts = look.texts;
    let (name, request) = match subject {
        Subject::Face => ("face", texts.say("capture_face")),
        Subject::Document => ("document", texts.say("capture_document")),
    };
    html! { div.capture data-capture=(name) data-camera=(look.script.camera.name()) {
        p { (request) }
        div.viewfinder {
            (synthetic(subject, texts.say("capture_synthetic")))
            video playsinline muted hidden aria-label=(texts.say("capture_live")) {}
            p.badge data-badge="synthetic" { (texts.say("capture_synthetic")) }
            p.badge data-badge="live" hidden { (texts.say("capture_live")) }
        }
        @for failure in ["denied", "blocked", "none", "in_use", "insecure"] {
            p role="alert" data-camera-failure=(failure) hidden { (texts.say(&format!("camera_{failure}"))) }
        }
        p role="status" data-camera-reported hidden { (texts.say("camera_reported")) }
        p.choice {
            button type="button" data-camera-start hidden { (texts.say("capture_start")) }
            button type="button" data-camera-stop hidden { (texts.say("capture_stop")) }
        }
        p.small { (texts.say("capture_local")) }
    } }
}

/// A drawing that nobody takes for a photograph.
fn synthetic(subject: Subject, label: &str) -> Markup {
    html! { svg viewBox="0 0 320 240" role="img" aria-label=(label) {
        @match subject {
            Subject::Face => {
                path.line d="M84 214c6-38 36-50 76-50s70 12 76 50" {}
                ellipse.skin cx="160" cy="104" rx="52" ry="64" {}
                path.hair d="M106 104c-6-50 24-74 54-74s60 24 54 74c-10-30-26-40-54-40s-44 10-54 40z" {}
                circle.ink cx="140" cy="106" r="5" {}
                circle.ink cx="180" cy="106" r="5" {}
                path.line d="M160 112v20l-8 4" {}
                path.line d="M140 148c12 10 28 10 40 0" {}
            }
            Subject::Document => {
                rect.skin x="50" y="52" width="220" height="138" rx="12" {}
                rect.hair x="68" y="74" width="62" height="78" rx="6" {}
                path.line d="M148 84h98M148 106h76M148 128h90M68 172h184" {}
                text.ink x="160" y="36" text-anchor="middle" { "SPECIMEN" }
            }
        }
    } }
}
