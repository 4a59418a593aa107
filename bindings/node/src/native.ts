// Finds the prebuilt native module of this platform.

import { existsSync, readFileSync } from "node:fs";

/** What the native module gives; its Rust source says what each does. */
export interface Native {
  Account: { fromJson(config: string): NativeAccount };
  Session: {
    open(account: NativeAccount, request: string, seed: Uint8Array, now: number): NativeSession;
    restore(account: NativeAccount, snapshot: string): NativeSession;
    providerOf(snapshot: string): string;
  };
  read(journey: string, seen: string, posted: boolean): string | null;
  journey(text: string): string;
  catalog(provider: string): string;
  diagnose(account: NativeAccount, body: Uint8Array, tag: string): string;
  verify(message: Uint8Array, tag: string, secrets: string[], base64: boolean, hexKey: boolean): void;
  signedMember(body: Uint8Array, name: string): Buffer | null;
  examine(subject: string, document: Uint8Array): string;
}

export interface NativeAccount {
  provider(): string;
  referenceOf(input: Told, now: number): string | null;
}

export interface NativeSession {
  next(now: number): { json: string; body?: Buffer };
  handle(input: Told, now: number): void;
  snapshot(): string;
  revision(): number;
  references(): string[];
  evidence(): { json: string; raw: Buffer; sealed?: Buffer } | null;
  provider(): string;
}

/** An input on its way into the native module. */
export interface Told {
  kind: string;
  text?: string;
  status?: number;
  headers?: string[];
  body?: Uint8Array;
  images?: { slot: string; bytes: Uint8Array }[];
  atProvider?: boolean;
}

/** The platforms with a prebuilt module, as in `napi.targets` of package.json. */
const PLATFORMS = ["darwin-arm64", "darwin-x64", "linux-arm64-gnu", "linux-x64-gnu", "win32-x64-msvc"];

export const native: Native = load();

function load(): Native {
  const name = platform();
  // Standing beside the package's own files only where somebody builds the package.
  for (const place of [`../idvkit.${name}.node`, `idvkit-${name}`]) {
    try {
      return require(place) as Native;
    } catch (error) {
      if ((error as { code?: unknown }).code !== "MODULE_NOT_FOUND") {
        throw new Error(`idvkit: the native module for ${name} is there but cannot be loaded`, { cause: error });
      }
    }
  }
  throw new Error(
    PLATFORMS.includes(name)
      ? `idvkit: the package idvkit-${name} is not installed. It is an optional dependency of idvkit: install without ` +
        "--omit=optional (--no-optional), on the platform where the program runs, and with a lock file that holds it."
      : `idvkit: there is no prebuilt module for ${name}. There are modules for ${PLATFORMS.join(", ")}; for others, ` +
        "build bindings/node from source with Rust.",
  );
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
