// The native module of this platform, and what it gives.

import { existsSync, readFileSync } from "node:fs";

import { kind } from "./input.js";

/** What the native module gives; its Rust source says what each does. */
export interface Native {
  Account: (abstract new () => NativeAccount) & { fromJson(config: string): NativeAccount };
  Accounts: new () => NativeAccounts;
  Driver: {
    begin(accounts: NativeAccounts, beginning: NativeBeginning, now: number): NativeDriver;
    advance(accounts: NativeAccounts, id: string): NativeDriver;
    inspect(accounts: NativeAccounts, id: string): NativeDriver;
    tell(accounts: NativeAccounts, id: string, input: NativeInput): NativeDriver;
    hear(accounts: NativeAccounts, from: string | null, input: NativeInput, now: number): NativeDriver;
  };
  Session: {
    open(account: NativeAccount, request: string, seed: Uint8Array, now: number): NativeSession;
    restore(account: NativeAccount, snapshot: string): NativeSession;
    providerOf(snapshot: string): string;
  };
  Tokens: new () => NativeTokens;
  Verification: { restore(accounts: NativeAccounts, snapshot: string): NativeVerification };
  read(journey: string, seen: string, posted: boolean): string | null;
  journey(text: string): string;
  catalog(provider: string): string;
  bestLocale(provider: string, preferred: string[]): string | null;
  httpStatus(code: string): [number, number];
  diagnose(account: NativeAccount, body: Uint8Array, tag: string): string;
  verify(message: Uint8Array, tag: string, secrets: (string | Uint8Array)[], base64: boolean, hexKey: boolean): void;
  signedMember(body: Uint8Array, name: string): Buffer | null;
  value(provider: string, name: string, args: string): string;
  valueOf(provider: string, name: string, args: string, names: string[], bytes: Uint8Array[]): string;
  jumioImageRequest(account: NativeAccount, url: string): NativeStep;
  signicatTokenRequest(account: NativeAccount): NativeStep;
  signicatDownloadRequest(account: NativeAccount, dossier: string, process: string, token: Uint8Array): NativeStep;
}

export interface NativeAccount {
  provider(): string;
  referenceOf(input: NativeInput, now: number): string | null;
}

export interface NativeAccounts {
  add(name: string, account: NativeAccount): void;
}

export interface NativeSession {
  next(now: number): NativeStep;
  handle(input: NativeInput, now: number): void;
  snapshot(): string;
  digests(): string[];
  blobs(): NativeBlob[];
  missing(): string[];
  supply(bytes: Uint8Array): boolean;
  revision(): number;
  references(): string[];
  technologies(): string[];
  evidence(): NativeProof | null;
  provider(): string;
}

export interface NativeDriver {
  ask(): { json: string; body?: Buffer; snapshot?: string; blobs?: NativeBlob[] };
  told(told: NativeTold, now: number): void;
  verification(): NativeVerification | null;
}

export interface NativeVerification {
  next(now: number): NativeStep;
  id(): string;
  key(): string;
  revision(): number;
  outcome(): string;
  attempts(): string;
  references(): string;
  technologies(): string[];
  delivery(): string;
  evidence(): NativeProof | null;
}

export interface NativeTokens {
  kept(keeping: NativeKeeping, now: number): NativeAnswer | null;
  keep(keeping: NativeKeeping, answer: NativeAnswer, now: number): void;
}

/** `Next` or `HttpRequest` as JSON, and the body of the request. */
export interface NativeStep {
  json: string;
  body?: Buffer;
}

/** `Evidence` as JSON, and its bytes. */
export interface NativeProof {
  json: string;
  raw: Buffer;
  sealed?: Buffer;
}

/** An input on its way into the native module. */
export interface NativeInput {
  kind: string;
  text?: string;
  status?: number;
  headers?: string[];
  body?: Uint8Array;
  images?: { slot: string; bytes: Uint8Array }[];
  atProvider?: boolean;
}

/** What a driver is told, on its way into the native module. */
export interface NativeTold {
  kind: string;
  snapshot?: string;
  blobs?: NativeBlob[];
  answer?: NativeAnswer;
  done?: boolean;
}

/** An answer. Its header lines are names and values in turn. */
export interface NativeAnswer {
  status: number;
  headers: string[];
  body: Uint8Array;
}

export interface NativeBlob {
  digest: string;
  bytes: Uint8Array;
}

export interface NativeBeginning {
  plan: string;
  deliver: boolean;
  seed: Uint8Array;
  key: string;
}

export interface NativeKeeping {
  key: string;
  maxAgeMs: number;
  refused?: string;
}

/** The platforms with a prebuilt module, as in `napi.targets` of package.json. */
const PLATFORMS = [
  "darwin-arm64",
  "darwin-x64",
  "linux-arm64-gnu",
  "linux-arm64-musl",
  "linux-x64-gnu",
  "linux-x64-musl",
  "win32-arm64-msvc",
  "win32-x64-msvc",
];

const BUNDLED =
  "If a bundler made this program, have it leave idvkit out, as an external package, and install idvkit where the program runs: " +
  "serverExternalPackages in Next.js, externals in webpack, external in Rollup, Vite and esbuild; see \"Bundlers\" in its README.";

export const native: Native = load(platform());

/** What an object of this package holds of the native module; of another one's it would be another thing altogether. */
export function own<T>(given: unknown, type: abstract new (...all: never) => T, name: string): T {
  if (given instanceof type) return given;
  throw new TypeError(
    given === undefined
      ? `this takes an ${name}`
      : `this ${name} was made by another copy of idvkit: make it and use it with the same one (\`npm ls idvkit\` shows them all)`,
  );
}

function load(name: string): Native {
  const module = required(name);
  if (typeof (module as Partial<Native> | null | undefined)?.Account === "function") return module as Native;
  throw new Error(
    PLATFORMS.includes(name)
      ? `idvkit: a bundler put ${kind(module)} in the place of the native module idvkit-${name}. ${BUNDLED}`
      : `idvkit: there is no prebuilt module for ${name}. There are modules for ${PLATFORMS.join(", ")}; for others, add yours to ` +
        "bindings/node, and build it from source with Rust.",
  );
}

/** By literal names, so that whatever traces or bundles files finds the module; within `try`, so that it does without the others. */
function required(name: string): unknown {
  try {
    switch (name) {
      case "darwin-arm64":
        return require("idvkit-darwin-arm64");
      case "darwin-x64":
        return require("idvkit-darwin-x64");
      case "linux-arm64-gnu":
        return require("idvkit-linux-arm64-gnu");
      case "linux-arm64-musl":
        return require("idvkit-linux-arm64-musl");
      case "linux-x64-gnu":
        return require("idvkit-linux-x64-gnu");
      case "linux-x64-musl":
        return require("idvkit-linux-x64-musl");
      case "win32-arm64-msvc":
        return require("idvkit-win32-arm64-msvc");
      case "win32-x64-msvc":
        return require("idvkit-win32-x64-msvc");
      default:
        return undefined;
    }
  } catch (error) {
    throw new Error(`idvkit: ${trouble(name, (error as { readonly code?: unknown } | null)?.code)}`, { cause: error });
  }
}

/** Why the native module was not loaded, and what helps. */
function trouble(name: string, code: unknown): string {
  switch (code) {
    case "ERR_DLOPEN_FAILED":
      return `the native module idvkit-${name} is there but cannot be loaded; the cause says why.`;
    case "MODULE_NOT_FOUND":
      return (
        `the package idvkit-${name} is not installed. It is an optional dependency of idvkit: install without --omit=optional ` +
        `(--no-optional), on the platform where the program runs, and with a lock file that holds it. ${BUNDLED}`
      );
    default:
      return `the package idvkit-${name} was not loaded; the cause says why. ${BUNDLED}`;
  }
}

function platform(): string {
  const name = `${process.platform}-${process.arch}`;
  if (process.platform === "linux") return `${name}-${musl() ? "musl" : "gnu"}`;
  return process.platform === "win32" ? `${name}-msvc` : name;
}

/** Whether this Linux has musl in place of glibc. */
function musl(): boolean {
  try {
    return readFileSync("/usr/bin/ldd", "latin1").includes("musl");
  } catch {
    return existsSync("/etc/alpine-release");
  }
}
