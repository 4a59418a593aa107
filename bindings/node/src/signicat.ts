/**
 * Signicat's values and documents, and what only Signicat offers.
 *
 *     const token = await client.exchange(tokenRequest(account));
 *     const result = token && (await client.exchange(downloadRequest(account, dossier, process, token)));
 */

import { bytes, text } from "./input.js";
import { native } from "./native.js";
import { request } from "./record.js";
import { calling } from "./reject.js";
import { Account } from "./session.js";
import type { HttpRequest } from "./types.js";

export * from "./signicat-values.js";
export type * from "./signicat-types.js";

/**
 * The request for an access token, for `downloadRequest`. Send it with `Client.exchange`, which keeps the answer for all.
 *
 * @throws {Reject} `request_of_other_provider` for an account that is not Signicat's.
 */
export function tokenRequest(account: Account): HttpRequest {
  const of = Account.native(account);
  return request(calling(() => native.signicatTokenRequest(of)));
}

/**
 * The request for the full result of a finished process: a ZIP with raw data and images, to be taken before the dossier is deleted.
 * `token` is the answer to `tokenRequest`.
 *
 * @throws {Reject} `reference_invalid` unless both ids have the form of an id, `token_malformed` for an answer without a token,
 * `request_of_other_provider` for an account that is not Signicat's.
 */
export function downloadRequest(account: Account, dossier: string, process: string, token: { readonly body: Uint8Array }): HttpRequest {
  const [of, body] = [Account.native(account), bytes(token?.body, "token.body")];
  const [owner, part] = [text(dossier, "dossier"), text(process, "process")];
  return request(calling(() => native.signicatDownloadRequest(of, owner, part, body)));
}
