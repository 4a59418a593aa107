/**
 * Jumio's values and documents, and what only Jumio offers.
 *
 *     const { limit } = url("https://shop.example/idv", { purpose: "callback" });
 *     const image = await client.exchange(imageRequest(account, url));
 */

import { text } from "./input.js";
import { native } from "./native.js";
import { request } from "./record.js";
import { calling } from "./reject.js";
import { Account } from "./session.js";
import type { HttpRequest } from "./types.js";

export * from "./jumio-values.js";
export type * from "./jumio-types.js";

/**
 * The request for an image that a transaction names, among the evidence of a decision.
 *
 * Credentials go only to the account's own host. Send it with `Client.exchange`; its answer's body is the file, JPEG or PNG: check
 * its size and first bytes.
 *
 * @throws {Reject} `image_url_foreign` for any other URL, `request_of_other_provider` for an account that is not Jumio's.
 */
export function imageRequest(account: Account, url: string): HttpRequest {
  const [of, at] = [Account.native(account), text(url, "url")];
  return request(calling(() => native.jumioImageRequest(of, at)));
}
