export { Verifications, openStore } from "../dist/host/index.js";
