export * from "../dist/host/index.js";
