// What a strict React 19 project sees of the element. It is compiled, and never run.

import type { IdvJourney, Journey } from "idvkit-web";
import type {} from "idvkit-web/react";
import { createRef } from "react";

declare const journey: Journey;
const element = createRef<IdvJourney>();

export const checked = (
  <idv-journey
    ref={element}
    className="check"
    journey={journey}
    lang="de"
    way="frame"
    load-timeout={10_000}
    auto-redirect
    preflight="off"
    onidv-hint={({ detail }) => detail.text.length}
    onidv-images={({ detail }) => detail.images.map(({ blob }) => blob.size)}
  />
);
// @ts-expect-error: no such way
export const wrong = <idv-journey way="popup" />;
