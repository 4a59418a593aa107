// The same package under `require`, as a CommonJS program sees it.

import idvkit = require("idvkit");
import biometricKz = require("idvkit/biometric-kz");
import host = require("idvkit/host");
import jumio = require("idvkit/jumio");
import signicat = require("idvkit/signicat");
import sandbox = require("idvkit-sandbox");

const outcome: idvkit.Outcome = { type: "decided", decision: "approved" };
const started: Promise<sandbox.Sandbox> = sandbox.startSandbox({ seed: 1 });
void [biometricKz.plan, host.openStore, jumio.imageRequest, signicat.tokenRequest, outcome, started, new idvkit.Reject("stale", "caller", null, "text")];
