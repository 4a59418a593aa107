export * from "../dist/jumio.js";
