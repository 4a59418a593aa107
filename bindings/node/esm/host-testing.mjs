export { sandboxAccounts, startKit } from "../dist/host/testing.js";
