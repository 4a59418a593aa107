// Bodies, up to a limit.

/** A body is larger than is taken. */
export class TooLarge extends Error {}

/** The body, unless it is larger; that is found before it is read whole. @throws {TooLarge} */
export async function bytesOf(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (Number(request.headers.get("content-length") ?? 0) > limit) throw new TooLarge();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = request.body?.getReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done) return new Uint8Array(Buffer.concat(chunks, size));
    size += value.byteLength;
    if (size > limit) throw new TooLarge();
    chunks.push(value);
  }
}

/** The parts of a form, by their names; `null` if it is no form. */
export async function filesOf(request: Request, limit: number): Promise<{ name: string; bytes: Uint8Array }[] | null> {
  const body = await bytesOf(request, limit);
  try {
    const form = await new Response(body, { headers: { "content-type": request.headers.get("content-type") ?? "" } }).formData();
    const parts = [...(form as unknown as Iterable<[string, string | Blob]>)];
    return await Promise.all(parts.map(async ([name, part]) => ({ name, bytes: await bytes(part) })));
  } catch {
    return null;
  }
}

async function bytes(part: string | Blob): Promise<Uint8Array> {
  return typeof part === "string" ? Buffer.from(part) : new Uint8Array(await part.arrayBuffer());
}
