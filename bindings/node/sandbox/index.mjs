export { Sandbox, program, startSandbox } from "./index.js";
