// A user of the shop over the Fetch API, in a process of its own: its worker works for ever.

import assert from "node:assert/strict";

import app from "./examples/hono.mjs";
import { shop } from "./shop.mjs";

const url = "http://localhost:3000";
const state = await shop(url, async (path, init) => app.fetch(new Request(url + path, init)));
assert.equal((await state()).state, "waiting");
process.exit(0);
