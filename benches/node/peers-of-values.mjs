// What people write with zod for the values that idvkit checks: the same rules, as far as the documents tell them.

import { isIP } from "node:net";

import { z } from "zod";

const MAIL = /[^\s/?&=:@]@[\w-]+\.[a-z]{2,}/i;

/** A callback URL of Jumio. */
export const url = z
  .string()
  .max(222)
  .regex(/^[\x21-\x7e]+$/)
  .transform((text, context) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    const plain = url && url.protocol === "https:" && !url.username && !url.password && !url.search && !url.hash && !url.port;
    if (!plain || !url.hostname.includes(".") || isIP(url.hostname) || text.includes(`${url.hostname}:`) || MAIL.test(text)) {
      context.addIssue({ code: "custom", message: "must be an https URL of a public host, without port, query and fragment" });
      return z.NEVER;
    }
    return { url: text, host: url.hostname, limit: 222, reserved: [] };
  });

const reference = z.string().regex(/^[A-Za-z0-9-]{1,36}$/);

/** The answer of Jumio's retrieval. */
export const transaction = z
  .object({
    transactionReference: reference,
    enrollmentTransactionReference: reference,
    transactionResult: z.string().max(64),
    transactionDate: z.iso.datetime().nullish(),
    images: z.array(z.object({ href: z.string() })).default([]),
    livenessImages: z.array(z.string()).default([]),
  })
  .transform((read) => ({
    reference: read.transactionReference.toLowerCase(),
    enrollment_reference: read.enrollmentTransactionReference.toLowerCase(),
    result: read.transactionResult,
    date: read.transactionDate ? Date.parse(read.transactionDate) : null,
    images: read.images.map(({ href }) => href),
    liveness_images: read.livenessImages,
  }));

const WEIGHTS = [
  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
  [3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2],
];

function fits(text) {
  const digits = [...text].map(Number);
  const pass = (weights) => weights.reduce((sum, weight, index) => sum + weight * digits[index], 0) % 11;
  const digit = WEIGHTS.map(pass).find((digit) => digit < 10);
  return digit === digits[11] && ![4, 5, 6].includes(digits[4]);
}

/** A Kazakh personal number, with what its digits hint at. */
export const iin = z
  .string()
  .regex(/^[0-9]{12}$/)
  .refine(fits)
  .transform((text) => {
    const century = { 1: 18, 2: 18, 3: 19, 4: 19, 5: 20, 6: 20 }[text[6]];
    const birth_date = century ? `${century}${text.slice(0, 2)}-${text.slice(2, 4)}-${text.slice(4, 6)}` : null;
    return { iin: text, birth_date, sex: century ? (Number(text[6]) % 2 ? "male" : "female") : null };
  });

const phone = z.string().refine((text) => /^(\+?7|8)7\d{9}$/.test(text.replace(/[ ()-]/g, "")));
const field = (value) => z.strictObject({ value: value.optional(), changeable: z.boolean().optional() }).optional();

/** Metadata of biometric.kz. */
export const metadata = z.strictObject({
  edocument: z.strictObject({ iin: field(iin), phone: field(phone), skip_input: z.boolean().optional() }).optional(),
});

/** What the user will see. */
export function plan({ edocument = {} }, technologies) {
  const fields = { iin: edocument.iin ?? {}, phone: edocument.phone ?? {} };
  const unmet = Object.entries(edocument.skip_input ? fields : {}).flatMap(([name, { value, changeable }]) => [
    ...(value === undefined ? [`${name}_given`] : []),
    ...(changeable === false ? [] : [`${name}_fixed`]),
  ]);
  const state = ({ value, changeable }) => (value === undefined ? "open" : changeable === false ? "locked" : "prefilled");
  const shown = edocument.skip_input && unmet.length === 0 ? "skipped" : "shown";
  return {
    input: technologies.includes("ED") ? shown : "absent",
    iin: state(fields.iin),
    phone: state(fields.phone),
    unmet,
    fit: unmet.length === 0,
  };
}
