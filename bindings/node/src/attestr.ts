/**
 * Attestr's values and documents.
 *
 *     const { authentic } = result(body, { secrets: [secret], claimed: signature });
 */

export * from "./attestr-values.js";
export type * from "./attestr-types.js";
