// Whether the camera can be used from here, found out before the user is sent on.

/** Why the camera cannot be used. */
export type CameraTrouble =
  /** There is no camera. */
  | "camera_none"
  /** The user, or a setting of the browser, denies it. */
  | "camera_denied"
  /** The page, or a frame around it, does not pass the camera on: `allow="camera"` or the header `Permissions-Policy`. */
  | "camera_blocked_by_policy"
  /** It could not be started: most often another program is using it. */
  | "camera_in_use"
  /** The page was not loaded over https, nor from localhost. */
  | "insecure_context";

const TROUBLES: Readonly<Record<string, CameraTrouble>> = {
  NotFoundError: "camera_none",
  NotAllowedError: "camera_denied",
};

/**
 * Tries the camera, and lets go of it at once. The browser may ask the user for permission.
 *
 * @param allow an `allow` attribute, as a `Frame` carries it: without `camera` in it there is nothing to try.
 * @param ask `false`: only look whether there is a camera, without asking the user.
 * @returns `null` if nothing stands in the way.
 */
export async function preflight(allow: string, ask = true): Promise<CameraTrouble | null> {
  const media = navigator.mediaDevices as MediaDevices | undefined;
  if (!/\bcamera\b/.test(allow)) return null;
  if (!media) return "insecure_context";
  if (!passes(document)) return "camera_blocked_by_policy";
  const devices = await media.enumerateDevices();
  if (!devices.some((device) => device.kind === "videoinput")) return "camera_none";
  try {
    if (ask) (await media.getUserMedia({ video: true })).getTracks().forEach((track) => track.stop());
    return null;
  } catch (error) {
    return TROUBLES[(error as Error).name] ?? "camera_in_use";
  }
}

/** Whether the permissions policy lets a document or frame use the camera. Only Chromium can tell; elsewhere it is believed. */
export function passes(where: Document | HTMLIFrameElement): boolean {
  const { featurePolicy } = where as { featurePolicy?: { allowsFeature(name: string): boolean } };
  return featurePolicy?.allowsFeature("camera") ?? true;
}
