export * from "../dist/host/testing.js";
