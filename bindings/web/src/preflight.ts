// Checks whether the page can use the camera, before the provider's page is shown.

/** Why the camera cannot be used. */
export type CameraTrouble =
  /** There is no camera. */
  | "camera_none"
  /** The user, or a setting of the browser, denies the camera. */
  | "camera_denied"
  /** The page, or a frame around it, does not allow the camera: see `allow="camera"` and the header `Permissions-Policy`. */
  | "camera_blocked_by_policy"
  /** The camera could not be started, usually because another program uses it. */
  | "camera_in_use"
  /** The page was loaded neither over https nor from localhost. */
  | "insecure_context";

/**
 * Opens the camera and releases it at once. The browser may ask the user for permission.
 *
 * @param allow an `allow` attribute, as a `Frame` has it: without `camera` in it, nothing is checked.
 * @param ask `false`: only check whether there is a camera, without asking the user.
 * @returns why the camera cannot be used, or `null` if it can.
 */
export async function preflight(allow: string, ask = true): Promise<CameraTrouble | null> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  if (!/\bcamera\b/.test(allow)) return null;
  if (!media) return "insecure_context";
  const passed = passes(document);
  if (passed === false) return "camera_blocked_by_policy";
  const devices = await media.enumerateDevices();
  const none = !devices.some((device) => device.kind === "videoinput");
  try {
    // Nobody is asked where there is no camera to be seen: there is none, or a policy that only Chromium can tell of hides it.
    if (ask || none) (await media.getUserMedia({ video: true })).getTracks().forEach((track) => track.stop());
    return null;
  } catch (error) {
    const { name } = error as Error;
    if (name === "NotFoundError") return "camera_none";
    if (name !== "NotAllowedError") return "camera_in_use";
    return passed || !none || parent === self ? "camera_denied" : "camera_blocked_by_policy";
  }
}

/** Whether the permissions policy allows a document or frame the camera. Only Chromium can tell; other browsers give `undefined`. */
export function passes(where: Document | HTMLIFrameElement): boolean | undefined {
  return (where as { featurePolicy?: { allowsFeature(name: string): boolean } }).featurePolicy?.allowsFeature("camera");
}
