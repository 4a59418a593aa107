// `node:test`, for tests that another runner runs.

const { afterAll: after, beforeAll: before, beforeEach, test } = globalThis;

export { after, before, beforeEach, test };
