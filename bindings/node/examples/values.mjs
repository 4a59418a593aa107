// Values and documents without a session: the three examples of the README.

// [values]
import { Reject } from "idvkit";
import { result } from "idvkit/attestr";
import { plan } from "idvkit/biometric-kz";
import { url } from "idvkit/jumio";

/** A settings page: is this callback URL fit, and if not, why? */
export function aboutUrl(text) {
  try {
    return `fit, of at most ${url(text, { purpose: "callback" }).limit} characters`;
  } catch (error) {
    if (!(error instanceof Reject)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

/** A form: what keeps a user from going straight to the code from 1414? */
export function stillAsked(iin, phone) {
  const edocument = { iin: { value: iin, changeable: false }, phone: { value: phone }, skip_input: true };
  const seen = plan({ edocument }, { technologies: ["LDHP", "ED"] });
  return seen.input === "skipped" ? [] : seen.unmet;
}

/** A check of a stored answer: both of the checks that Attestr's documents demand. */
export function isAuthentic(body, secret, claimed) {
  return result(body, { secrets: [secret], claimed }).authentic;
}
// [/values]
