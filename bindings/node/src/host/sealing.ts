// What is stored may be encrypted: AES-256-GCM, under keys of the host's.

import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";

/** A key for what is stored. */
export interface StoreKey {
  /** The key's name, which stands beside what it encrypted: 1 to 32 letters, digits, `-` and `_`. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
}

const CIPHER = "aes-256-gcm";
const PREFIX = "idvkit:1:";
const [NONCE, TAG] = [12, 16];

/** Encrypts by the first key and decrypts by all of them; without keys, everything stays as it is. */
export class Sealing {
  readonly #keys = new Map<string, Uint8Array>();
  readonly #first: string | undefined;

  constructor(keys: readonly StoreKey[] = []) {
    for (const { id, key } of keys) {
      if (!/^[\w-]{1,32}$/.test(id)) throw new TypeError("a key's id is 1 to 32 letters, digits, - and _");
      if (key.byteLength !== 32) throw new TypeError(`the key ${id} has ${key.byteLength} bytes; it must have 32, as of crypto.randomBytes(32)`);
      if (this.#keys.has(id)) throw new TypeError(`there are two keys with the id ${id}`);
      this.#keys.set(id, key);
    }
    this.#first = keys[0]?.id;
  }

  /** `about` is bound to it: what was stored elsewhere cannot be put here. */
  seal(text: string, about: string): string {
    return this.#first === undefined ? text : this.#seal(Buffer.from(text), about, this.#first);
  }

  sealBytes(bytes: Uint8Array, about: string): Buffer {
    return Buffer.from(this.#first === undefined ? bytes : this.#seal(bytes, about, this.#first));
  }

  /** @throws {Error} if its key is not there, or it was changed. */
  unseal(text: string, about: string): string {
    return text.startsWith(PREFIX) ? this.#unseal(text, about).toString() : text;
  }

  unsealBytes(bytes: Uint8Array, about: string): Buffer {
    const stored = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return stored.subarray(0, PREFIX.length).equals(Buffer.from(PREFIX)) ? this.#unseal(stored.toString("latin1"), about) : stored;
  }

  #seal(bytes: Uint8Array, about: string, id: string): string {
    const nonce = randomBytes(NONCE);
    const cipher = createCipheriv(CIPHER, this.#keys.get(id) as Uint8Array, nonce).setAAD(Buffer.from(about));
    const sealed = Buffer.concat([nonce, cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
    return `${PREFIX}${id}:${sealed.toString("base64")}`;
  }

  #unseal(text: string, about: string): Buffer {
    const end = text.indexOf(":", PREFIX.length);
    const id = text.slice(PREFIX.length, end);
    const key = this.#keys.get(id);
    if (!key) throw new Error(`the store has what was encrypted by the key ${id}, which is not among \`keys\``);
    const sealed = Buffer.from(text.slice(end + 1), "base64");
    try {
      const decipher = createDecipheriv(CIPHER, key, sealed.subarray(0, NONCE), { authTagLength: TAG });
      decipher.setAAD(Buffer.from(about)).setAuthTag(sealed.subarray(-TAG));
      return Buffer.concat([decipher.update(sealed.subarray(NONCE, -TAG)), decipher.final()]);
    } catch {
      throw new Error(`what the store has of ${about} was changed, or belongs elsewhere`);
    }
  }
}
