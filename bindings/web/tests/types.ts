// What a strict project sees of the package, by its published name. It is compiled, and never run.

import { type CameraTrouble, type IdvJourney, type Journey, preflight, present, read, readReturn } from "idvkit-web";

const element: IdvJourney = document.createElement("idv-journey");
declare const journey: Journey;
element.journey = journey;
element.journey = JSON.stringify(journey);
element.addEventListener("idv-hint", ({ detail }) => {
  const text: string = detail.text;
  // @ts-expect-error: nothing says approved
  if (detail.kind === "approved") return text;
  return detail.kind === "success" ? text : "";
});
element.addEventListener("idv-images", ({ detail: { images } }) => images.map(({ slot, blob }): [string, Blob] => [slot, blob]));

element.addEventListener("idv-done", ({ detail: { outcome } }) => outcome.decision === "approved");
element.addEventListener("idv-state", ({ detail }) => (detail.state === "journey" ? detail.journey.id : detail.state === "done" ? detail.outcome.type : detail.until));

const shown = present(document.body, journey, {
  lang: "kk",
  onError: ({ code, message }) => (code === "camera_denied" ? message : ""),
});
shown.close();
// @ts-expect-error: no such option
present(document.body, journey, { language: "kk" });

export const seen: string | null = read(journey, { type: "message", origin: "https://provider.example", data: "{}" });
export const url: string = readReturn();
export const camera: Promise<CameraTrouble | null> = preflight("camera");
