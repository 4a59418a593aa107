// What a strict Vue project sees of the element. It is compiled, and never run.

import type { Journey } from "idvkit-web";
import type {} from "idvkit-web/vue";
import type { GlobalComponents } from "vue";

type Props = InstanceType<GlobalComponents["idv-journey"]>["$props"];
declare const journey: Journey;

export const right: Props = { journey, lang: "de", way: "frame", "auto-redirect": true, onIdvHint: ({ detail }) => detail.text.length };
// @ts-expect-error: no such way
export const wrong: Props = { way: "popup" };
