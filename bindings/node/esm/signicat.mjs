export { downloadRequest, tokenRequest } from "../dist/signicat.js";
