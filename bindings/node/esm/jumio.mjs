export { imageRequest } from "../dist/jumio.js";
