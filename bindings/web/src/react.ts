/**
 * The types of `<idv-journey>` for JSX of React 19 and later. Import them once:
 *
 *     import type {} from "idvkit-web/react";
 */

import type { DetailedHTMLProps, HTMLAttributes } from "react";

import type { IdvAttributes, IdvHandler } from "./attributes.js";
import type { IdvJourney } from "./element.js";
import type { IdvEvents } from "./events.js";

type Handlers = { [K in keyof IdvEvents as `on${K}`]?: IdvHandler<K> | undefined };
type Own = IdvAttributes & Handlers;

/** The element's properties in JSX. */
export type IdvJourneyProps = DetailedHTMLProps<Omit<HTMLAttributes<IdvJourney>, keyof Own> & Own, IdvJourney>;

declare module "react" {
  namespace JSX {
    interface IntrinsicElements {
      "idv-journey": IdvJourneyProps;
    }
  }
}
