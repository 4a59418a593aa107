// A browser's realm with what Node.js has beside it, as whoever tests a server in jsdom puts it there.

const { TestEnvironment } = require("jest-environment-jsdom");

module.exports = class extends TestEnvironment {
  constructor(...all) {
    super(...all);
    Object.assign(this.global, { Headers, ReadableStream, Response, structuredClone });
  }
};
