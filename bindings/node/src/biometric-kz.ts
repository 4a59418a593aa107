/**
 * biometric.kz's values and documents.
 *
 *     const { input, unmet } = plan(metadata, { technologies: ["LDHP", "ED"] });
 */

export * from "./biometric-kz-values.js";
export type * from "./biometric-kz-types.js";
