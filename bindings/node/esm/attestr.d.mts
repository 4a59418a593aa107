export * from "../dist/attestr.js";
