// What several tests need: the vectors, accounts of the sandbox, and a user with a browser.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { Account } from "idvkit";

export const VECTORS = process.env.IDVKIT_VECTORS;
export const T0 = 1_767_225_600_000;
export const SEED = Uint8Array.from({ length: 32 }, (_, index) => index);

export const vector = (name) => JSON.parse(readFileSync(join(VECTORS, `${name}.json`), "utf8"));

/** The cases of a file of vectors. */
export function rows(name) {
  const file = vector(name);
  const cases = Array.isArray(file) ? file : file.cases;
  if (!cases?.length) throw new Error(`${name} has no vectors`);
  return cases;
}

/** Bytes as transcripts write them. */
export const bodyOf = (wire) => ("text" in wire ? Buffer.from(wire.text) : Buffer.from(wire.base64, "base64"));

export const jumio = (base, more = {}) =>
  new Account({
    provider: "jumio",
    region: "us",
    api_token: "sandbox-jumio-token",
    api_secret: "sandbox-jumio-secret",
    user_agent: "ExampleShop Demo/1.0",
    callback: { url: "https://merchant.example/jumio" },
    success_url: "http://localhost:3000/back",
    error_url: "http://localhost:3000/back",
    options: { development: true, api_base: `${base}/jumio/us` },
    ...more,
  });

export const JUMIO_REQUEST = {
  flow: "jumio_authentication",
  enrollment_transaction_reference: "22222222-2222-4222-8222-222222222222",
};

export const attestr = (base) =>
  new Account({
    provider: "attestr",
    auth_token: "c2FuZGJveC1hdHRlc3RyOmF1dGgtdG9rZW4=",
    client_key: "00112233445566778899aabbccddeeff",
    client_secrets: ["0123456789abcdef0123456789abcdef0123456789abcdef"],
    options: {
      development: true,
      api_base: `${base}/attestr/api`,
      library_src: `${base}/attestr/cdn/flowx.js`,
    },
  });

export const ATTESTR_REQUEST = {
  flow: "attestr_flowx",
  flow_id: "FX02zfeuvcj36knhn06us",
  snapshot: "d79c9c09-9367-4929-b0e3-b4eb38d0e4b8",
  tag: "user-7",
  locale: "en",
};

export const biometricKz = (base) =>
  new Account({
    provider: "biometric_kz",
    api_key: "TTpme201NiUMBA-sandbox-flow-key-for-everyone-000001",
    options: {
      development: true,
      api_base: `${base}/biometric_kz/kyc`,
      front_base: `${base}/biometric_kz/remote`,
    },
  });

export const BIOMETRIC_KZ_REQUEST = { flow: "biometric_kz_flow", locale: "en" };

export const signicat = (base) =>
  new Account({
    provider: "signicat",
    client_id: "sandbox-quiet-lake-123",
    client_secret: "sandbox-signicat-secret",
    redirect_url: "http://localhost:3000/back",
    profile: {
      custom: {
        token_url: `${base}/signicat/auth/open/connect/token`,
        scope: "signicat-api",
        api_base: `${base}/signicat/assure`,
      },
    },
    options: { development: true },
  });

export const SIGNICAT_REQUEST = { flow: "signicat_capture_flow", providers: [{ provider: "signicatpaper" }] };

/** Loads pages and presses buttons. It knows HTML, and nothing about a provider. */
export class Browser {
  url = "";
  html = "";
  /** A site of ours: a redirect to it is where the user left to. */
  constructor(ours = "http://localhost:3000") {
    this.ours = ours;
  }

  open(url) {
    return this.#land(url);
  }

  press(button, fields = {}) {
    const form = /<form[^>]*>.*?<\/form>/s.exec(this.html)?.[0];
    if (!form) throw new Error(`no form on ${this.html}`);
    const action = /<form[^>]*\baction="([^"]*)"/.exec(form)?.[1];
    const data = new URLSearchParams();
    for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
      const name = /\bname="([^"]*)"/.exec(tag)?.[1];
      if (name) data.set(unescaped(name), unescaped(/\bvalue="([^"]*)"/.exec(tag)?.[1] ?? ""));
    }
    for (const [name, value] of Object.entries({ ...fields, action: button })) data.set(name, value);
    return this.#land(new URL(unescaped(action ?? this.url), this.url).href, { method: "POST", body: data });
  }

  /** The names and texts of what the page hands to scripts. */
  data(attribute) {
    const scripts = new RegExp(`<script type="application/json" ${attribute}="([^"]*)">(.*?)</script>`, "gs");
    return [...this.html.matchAll(scripts)].map(([, name, text]) => [unescaped(name), text]);
  }

  async #land(url, init = {}) {
    let answer = await fetch(url, { ...init, redirect: "manual" });
    for (let hops = 0; hops < 10 && [302, 303, 307].includes(answer.status); hops += 1) {
      const target = new URL(answer.headers.get("location"), url).href;
      await answer.arrayBuffer();
      if (target.startsWith(this.ours)) return target;
      url = target;
      answer = await fetch(url, { redirect: "manual" });
    }
    this.url = url;
    this.html = await answer.text();
    return null;
  }
}

function unescaped(text) {
  const names = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };
  return text.replace(/&(#?\w+);/g, (whole, name) => names[name] ?? whole);
}
