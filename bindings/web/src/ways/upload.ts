// Images that the user chooses, for the merchant's own server.

import type { ChosenImage } from "../events.js";
import { make, type Panel } from "../panel.js";
import { emit, progress, type Showing } from "../showing.js";
import type { TextKey } from "../texts.js";
import type { ImageSlot, Way } from "../types.js";

type UploadWay = Extract<Way, { type: "upload" }>;

export function upload(shown: Showing, way: UploadWay): void {
  const { panel, signal } = shown;
  const fields = way.images.map((slot) => field(panel, way, slot));
  const send = panel.button("send");
  // Another file can be sent, in case the page could not post these.
  const onchange = () => (send.ariaDisabled = null);
  const onsubmit = async (event: Event) => {
    event.preventDefault();
    if (send.ariaDisabled) return;
    // Not really disabled: it would lose the focus.
    send.ariaDisabled = "true";
    const found = await Promise.all(fields.map(({ check }) => check()));
    if (signal.aborted) return;
    const wrong = fields.find(({ input }) => input.ariaInvalid === "true");
    if (wrong) {
      onchange();
      return wrong.input.focus();
    }
    panel.say("sent");
    emit(shown, "idv-images", { images: found.filter((one) => !!one) });
  };
  panel.show(make("form", { noValidate: true, onsubmit, onchange }, ...fields.map(({ node }) => node), send));
  progress(shown, "shown");
}

/** One image: what to show, and how to check it. */
function field(panel: Panel, way: UploadWay, { slot, required }: ImageSlot) {
  const help = make("p", { id: `help-${slot}` });
  const input = make("input", { type: "file", id: slot, accept: way.types.join(), required });
  input.setAttribute("aria-describedby", help.id);
  // A slot that has no text is called by its name.
  const label = make("label", { htmlFor: slot }, panel.label(make("span"), slot as TextKey));
  if (!required) label.append(" (", panel.label(make("span"), "optional"), ")");

  const values = {
    types: way.types.map((type) => type.replace(/.*\//, "").toUpperCase()).join(", "),
    // Rounded down: no promise that the check does not keep.
    mb: Math.floor(way.max_bytes / 1e5) / 10,
    pixels: way.max_pixels,
  };
  const say = (key: TextKey) => panel.label(help, key, values);
  say("rules");
  /** The image, if there is one; says what is wrong with it, if anything is. */
  const check = async (): Promise<ChosenImage | undefined> => {
    const [blob] = input.files!;
    const key = blob ? await wrong(way, blob) : required && "missing";
    input.ariaInvalid = `${!!key}`;
    say(key || "rules");
    return blob && { slot, blob };
  };
  return { node: make("div", {}, label, input, help), input, check };
}

async function wrong(way: UploadWay, file: File): Promise<TextKey | false> {
  if (!way.types.includes(file.type)) return "wrong_type";
  if (file.size > way.max_bytes) return "too_big";
  try {
    const image = await createImageBitmap(file);
    return Math.max(image.width, image.height) > way.max_pixels && "too_wide";
  } catch {
    return "unreadable";
  }
}
