// The camera step: the real camera where the user allows it, otherwise the drawing that is on the page already.
// No picture leaves the browser.

/** What a refused camera is, from what the browser says about it. */
function failure(error) {
  if (error.name === "NotFoundError" || error.name === "OverconstrainedError") return "none";
  if (error.name === "NotReadableError" || error.name === "AbortError") return "in_use";
  return mayAsk() ? "denied" : "blocked";
}

/** Whether the frames around this page pass the camera on (`allow="camera"` on every one of them). */
function mayAsk() {
  const policy = document.permissionsPolicy ?? document.featurePolicy;
  return policy?.allowsFeature?.("camera") ?? true;
}

async function open(scripted, facing) {
  if (scripted !== "real") return { failure: scripted };
  if (!window.isSecureContext || !navigator.mediaDevices) return { failure: "insecure" };
  try {
    return { stream: await navigator.mediaDevices.getUserMedia({ video: { facingMode: facing } }) };
  } catch (error) {
    return { failure: failure(error) };
  }
}

/**
 * Brings a camera step to life. `report` runs when the provider's page would report that the camera was denied.
 * @returns {{ close(): void }} lets go of the camera
 */
export function attach(step, report) {
  const find = (name) => step.querySelector(`[data-${name}]`);
  const [start, stop, video, drawing] = [find("camera-start"), find("camera-stop"), step.querySelector("video"), step.querySelector("svg")];
  const scripted = step.dataset.camera;
  let stream = null;
  let timer = 0;

  function show(live) {
    video.hidden = stop.hidden = find('badge="live"').hidden = !live;
    drawing.toggleAttribute("hidden", live);
    start.hidden = find('badge="synthetic"').hidden = live;
  }

  function close() {
    clearTimeout(timer);
    stream?.getTracks().forEach((track) => track.stop());
    stream = video.srcObject = null;
  }

  async function begin() {
    start.disabled = true;
    step.querySelectorAll("[data-camera-failure]").forEach((message) => (message.hidden = true));
    const result = await open(scripted, step.dataset.capture === "face" ? "user" : "environment");
    start.disabled = false;
    if (!step.isConnected) return result.stream?.getTracks().forEach((track) => track.stop());
    if (result.stream) {
      stream = video.srcObject = result.stream;
      show(true);
      await video.play().catch(() => undefined);
      return;
    }
    find(`camera-failure="${result.failure}"`).hidden = false;
    if (scripted !== "real" || result.failure === "denied" || result.failure === "blocked") {
      // Long enough to be read; a provider's page goes on at once.
      find("camera-reported").hidden = false;
      start.hidden = true;
      timer = setTimeout(report, 2500);
    }
  }

  start.addEventListener("click", begin);
  stop.addEventListener("click", () => {
    close();
    show(false);
  });
  window.addEventListener("pagehide", close);
  show(false);
  if (scripted !== "real") begin();
  else if (mayAsk()) beginIfGranted(begin);
  return { close };
}

/** Whoever has granted the camera before is not asked again, so it starts by itself. */
async function beginIfGranted(begin) {
  try {
    const permission = await navigator.permissions.query({ name: "camera" });
    if (permission.state === "granted") begin();
  } catch {
    // Browsers without this question have the button.
  }
}
