export * from "../dist/signicat.js";
